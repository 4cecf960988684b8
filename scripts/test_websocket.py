#!/usr/bin/env python3
"""
WebSocket 測試腳本
需要安裝: pip install websocket-client
用法: test_websocket.py [ws://localhost:8080]
"""

import json
import sys
import threading
import time

try:
    import websocket
except ImportError:
    sys.exit("❌ 需要 websocket-client，請先安裝: pip install websocket-client")

class WebSocketTester:
    def __init__(self, url="ws://localhost:8080"):
        self.url = url
        self.ws = None
        self.connected = False

    def on_message(self, ws, message):
        print(f"📨 收到訊息: {message}")
        try:
            data = json.loads(message)
            if data.get('type') == 'pong':
                print("✅ Pong 回應正常")
            elif data.get('type') == 'new_notification':
                print(f"🔔 收到新通知: {json.dumps(data['data'], indent=2, ensure_ascii=False)}")
        except json.JSONDecodeError:
            print(f"⚠️  非 JSON 格式: {message}")

    def on_error(self, ws, error):
        print(f"❌ 錯誤: {error}")

    def on_close(self, ws, close_status_code, close_msg):
        print(f"🔌 連線關閉 (code: {close_status_code}, msg: {close_msg})")
        self.connected = False

    def on_open(self, ws):
        print("✅ WebSocket 連線成功！")
        self.connected = True

        # 自動發送 ping 測試
        def send_ping():
            time.sleep(1)
            if self.connected:
                ping_msg = json.dumps({"type": "ping", "time": int(time.time())})
                print(f"📤 發送 Ping: {ping_msg}")
                ws.send(ping_msg)

        threading.Thread(target=send_ping).start()

    def connect(self):
        print(f"🔗 正在連線到 {self.url}...")
        self.ws = websocket.WebSocketApp(
            self.url,
            on_open=self.on_open,
            on_message=self.on_message,
            on_error=self.on_error,
            on_close=self.on_close
        )
        self.ws.run_forever()

    def send(self, message):
        if self.connected and self.ws:
            self.ws.send(message)
            print(f"📤 發送: {message}")
        else:
            print("❌ 未連線，無法發送訊息")

if __name__ == "__main__":
    if len(sys.argv) > 2 or (len(sys.argv) == 2 and sys.argv[1].startswith("-")):
        sys.exit(__doc__)
    tester = WebSocketTester(*sys.argv[1:])
    try:
        tester.connect()
    except KeyboardInterrupt:
        print("\n⏹️  測試結束")
