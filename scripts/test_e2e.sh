#!/usr/bin/env bash
# The guide's end-to-end test: a client connects, a notification is created by REST, the client receives it.
# Needs bash, curl, jq and one of websocat, wscat, python3. Exit code: 0 passed, 1 failed, 2 cannot test.
set -u

usage() {
  cat <<'HELP'
用法: scripts/test_e2e.sh        端到端測試: API → WebSocket 推送 (end-to-end test)

環境變數 (settings):
  NOTIFYHUB_URL       http://localhost:8080      閘道位址 (gateway)
  NOTIFYHUB_EMAIL     admin@notifyhub.com        管理員帳號 (an administrator)
  NOTIFYHUB_PASSWORD  admin123
HELP
}
case "${1-}" in
  -h | --help) usage; exit 0 ;;
  '') ;;
  *) usage >&2; exit 2 ;;
esac

# shellcheck source=scripts/lib/ws-client.sh
. "$(dirname "$0")/lib/ws-client.sh"
for tool in curl jq; do
  command -v "$tool" > /dev/null || { echo "❌ 需要 $tool，請先安裝 (please install $tool)" >&2; exit 2; }
done
[ -n "$WS_CLIENT" ] || { echo '❌ 需要 websocat、wscat 或 python3 其中之一 (one of them is needed)' >&2; exit 2; }

URL=${NOTIFYHUB_URL:-http://localhost:8080}
URL=${URL%/}
WS_URL="ws${URL#http}"
EMAIL=${NOTIFYHUB_EMAIL:-admin@notifyhub.com}
PASSWORD=${NOTIFYHUB_PASSWORD:-admin123}

GREEN='\033[0;32m'
RED='\033[0;31m'
YELLOW='\033[1;33m'
NC='\033[0m'
step() { echo -e "\n${YELLOW}[$1/5]${NC} $2..."; }
ok() { echo -e "${GREEN}✅ $1${NC}"; }
fail() {
  echo -e "${RED}❌ $1${NC}"
  [ -z "${2-}" ] || echo "   → $2"
  exit 1
}
api() { curl -sS --max-time 15 "$@" -H 'Content-Type: application/json' 2> /dev/null; }

WORK=$(mktemp -d)
CLIENT=
cleanup() {
  if [ -n "$CLIENT" ]; then
    # At the end of its input the client closes properly; a killed one would count as a failed connection.
    exec 3>&-
    for _ in $(seq 20); do kill -0 "$CLIENT" 2> /dev/null && sleep 0.1; done
    { kill "$CLIENT"; wait "$CLIENT"; } 2> /dev/null
  fi
  rm -rf "$WORK"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# Waits until the client has received a line with the text: received TEXT [TENTHS-OF-A-SECOND]
received() {
  for _ in $(seq "${2-100}"); do
    grep -qF -- "$1" "$WORK/messages" && return
    kill -0 "$CLIENT" 2> /dev/null || return 1
    sleep 0.1
  done
  return 1
}

login() {
  TOKEN=$(api -X POST "$URL/api/auth/login" \
    -d "$(jq -n --arg email "$EMAIL" --arg password "$PASSWORD" '{$email, $password}')" | jq -r '.data.token' 2> /dev/null)
  [ -n "$TOKEN" ] && [ "$TOKEN" != null ]
}

echo '🚀 開始端到端 WebSocket 測試...'

step 1 '檢查 WebSocket Server'
STATUS=$(api "$URL/api/system/websocket/status")
case $(jq -r '.data.service_running' 2> /dev/null <<< "$STATUS") in
  true) ok 'WebSocket Server 運行中' ;;
  false)
    echo -e "${YELLOW}WebSocket Server 已停止，正在啟動...${NC}"
    { login && api -X POST "$URL/api/system/websocket/start" -H "Authorization: Bearer $TOKEN" | jq -e '.success' > /dev/null; } \
      || fail 'WebSocket Server 無法啟動' '需要管理員帳號；請看 scripts/check-websocket.sh 的結果'
    ok 'WebSocket Server 已啟動'
    ;;
  *) fail "WebSocket Server 未運行（$URL）" '啟動: dotnet run --project gateway；若位址不同，請設定 NOTIFYHUB_URL' ;;
esac

step 2 "測試 WebSocket 連線（$WS_CLIENT）"
mkfifo "$WORK/input"
exec 3<> "$WORK/input"
: > "$WORK/messages"
ws_client "$WS_URL" < "$WORK/input" > "$WORK/messages" 2> "$WORK/errors" 3>&- &
CLIENT=$!
# After the pong the connection is open and subscribed: everything pushed from here on must arrive. Pings repeat, because
# wscat drops what it reads before it is connected.
for _ in $(seq 10); do
  echo '{"type":"ping","time":1234567890}' >&3
  received '{"type":"pong","time":1234567890}' 10 && break
done
received '{"type":"pong","time":1234567890}' 1 || fail 'WebSocket 連線失敗' "$(head -n 3 "$WORK/errors")"
ok 'WebSocket 連線成功，Ping/Pong 正常'

step 3 '取得 API Token'
login || fail 'Token 取得失敗' '請設定 NOTIFYHUB_EMAIL 與 NOTIFYHUB_PASSWORD'
ok 'Token 取得成功'

step 4 '查看 WebSocket 統計'
api "$URL/api/websocket/stats" -H "Authorization: Bearer $TOKEN" > "$WORK/stats"
jq -e '.success' "$WORK/stats" > /dev/null 2>&1 || fail '統計無法取得' "$(head -c 300 "$WORK/stats")"
jq '.data | {activeConnections, totalConnections, errorConnections}' "$WORK/stats"

step 5 '測試通知推送'
RESULT=$(api -X POST "$URL/api/notifications/windows" -H "Authorization: Bearer $TOKEN" \
  -d "$(jq -n --arg title "E2E 測試通知 $$-$RANDOM" '{$title, message: "這是一個端到端測試", severity: "info"}')")
jq -e '.success == true' > /dev/null 2>&1 <<< "$RESULT" || fail '通知創建失敗' "$(head -c 300 <<< "$RESULT")"
ok '通知創建成功'
jq '.data | {id, title, message}' <<< "$RESULT"
received "$(jq -r '.data.title' <<< "$RESULT")" || fail '客戶端沒有收到通知' "請看 scripts/check-websocket.sh 的結果"
ok '客戶端收到通知'
grep -F -- "$(jq -r '.data.title' <<< "$RESULT")" "$WORK/messages"

echo -e "\n${GREEN}🎉 測試完成！${NC}"
