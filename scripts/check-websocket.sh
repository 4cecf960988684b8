#!/usr/bin/env bash
# Checks a NotifyHub gateway in five steps. Needs bash, curl and jq. Exit code: 0 healthy, 1 not healthy, 2 cannot check.
set -u

usage() {
  cat <<'HELP'
用法: scripts/check-websocket.sh        檢查 WebSocket 服務狀態 (check a gateway)

環境變數 (settings):
  NOTIFYHUB_URL       http://localhost:8080      閘道位址 (gateway)
  NOTIFYHUB_EMAIL     admin@notifyhub.com        第 5 步的登入帳號 (login for step 5)
  NOTIFYHUB_PASSWORD  admin123                   (docker compose: secrets/NotifyHub__AdministratorPassword)
  NOTIFYHUB_SERVICE   backend                    docker compose 服務名稱 (used when it is running)

結束碼 (exit code): 0 正常 healthy, 1 異常 not healthy, 2 無法檢查 cannot check
HELP
}
case "${1-}" in
  -h | --help) usage; exit 0 ;;
  '') ;;
  *) usage >&2; exit 2 ;;
esac
for tool in curl jq; do
  command -v "$tool" > /dev/null || { echo "❌ 需要 $tool，請先安裝 (please install $tool)" >&2; exit 2; }
done

URL=${NOTIFYHUB_URL:-http://localhost:8080}
URL=${URL%/}
EMAIL=${NOTIFYHUB_EMAIL:-admin@notifyhub.com}
PASSWORD=${NOTIFYHUB_PASSWORD:-admin123}
SERVICE=${NOTIFYHUB_SERVICE:-backend}
HOST=${URL#*://}
HOST=${HOST%%/*}
HOST=${HOST%:*}
FAULTS=0

ok() { echo "✅ $1"; }
bad() { echo "❌ $1"; [ -z "${2-}" ] || echo "   → $2"; FAULTS=$((FAULTS + 1)); }
get() { curl -sS --max-time 10 "$@" 2> /dev/null; }
field() { jq -r "$1" 2> /dev/null <<< "$STATUS"; }
in_compose() {
  command -v docker > /dev/null && docker compose ps --status running --services 2> /dev/null | grep -qx "$SERVICE"
}
is_local() { [[ $HOST == localhost || $HOST == 127.* || $HOST == '[::1]' ]]; }
port_open() { timeout 3 bash -c 'exec 3<> "/dev/tcp/$0/$1"' "$1" "$2" 2> /dev/null; }

# Checked where the port is bound: the push port is on the loopback of the container or of this machine.
push_port_open() {
  if [ "$COMPOSE" = yes ]; then
    docker compose exec -T "$SERVICE" nc -z localhost "$1" 2> /dev/null || port_open "${HOST//[\[\]]/}" "$1"
  elif is_local; then port_open 127.0.0.1 "$1" || port_open ::1 "$1"
  else return 0; fi # Not reachable from here: rely on what the gateway reports.
}

echo '======================================'
echo '   WebSocket 服務狀態檢查'
echo '======================================'

echo
echo '[1/5] 檢查 Backend 容器狀態...'
COMPOSE=no
if in_compose; then
  COMPOSE=yes
  # A grid has no default password: use the one that scripts/make-secrets created.
  made=$(dirname "$0")/../secrets/NotifyHub__AdministratorPassword
  if [ -z "${NOTIFYHUB_PASSWORD-}" ] && [ -r "$made" ]; then PASSWORD=$(< "$made"); fi
  ok 'Backend 容器正在運行'
elif get -f -o /dev/null "$URL/health/live"; then
  ok "Backend 正在運行（$URL，未使用容器）"
else
  bad "Backend 沒有回應（$URL）" "啟動: dotnet run --project gateway；若位址不同，請設定 NOTIFYHUB_URL"
fi

STATUS=$(get "$URL/api/system/websocket/status")
REACHABLE=$(field '.success == true')

echo
echo '[2/5] 檢查 WebSocket 服務進程...'
if [ "$(field '.data.process_info != null')" = true ]; then
  ok 'WebSocket 服務進程運行中'
  field '.data.process_info | "   PID: \(.pid) | CPU: \(.cpu)% | MEM: \(.mem)% | CMD: \(.command)"'
elif [ "$REACHABLE" = true ]; then
  bad 'WebSocket 服務已停止' "啟動: POST $URL/api/system/websocket/start（需管理員登入）"
else
  bad '無法取得 WebSocket 服務進程' '查看閘道的日誌；閘道可能尚未啟動'
fi

echo
echo '[3/5] 檢查端口監聽狀態...'
WS_PORT=$(field '.data.websocket_port // "8080"')
PUSH_PORT=$(field '.data.internal_port // "8081"')
WS_PORT=${WS_PORT:-8080}
PUSH_PORT=${PUSH_PORT:-8081}
if [ "$(field '.data.websocket_port_listening')" = true ]; then ok "WebSocket 端口 $WS_PORT 正在監聽"
else bad "WebSocket 端口 $WS_PORT 未監聽" '服務已停止，或端口被其他程式占用（ss -tlnp）'; fi
if [ "$(field '.data.internal_port_listening')" = true ] && push_port_open "$PUSH_PORT"; then ok "內部推送端口 $PUSH_PORT 正在監聽"
else bad "內部推送端口 $PUSH_PORT 未監聽" '服務已停止，或端口被其他程式占用（設定 NotifyHub:PushPort）'; fi

echo
echo '[4/5] 檢查 API 狀態端點...'
if [ "$REACHABLE" = true ]; then
  ok 'API 狀態端點可訪問'
  field '.data | "   服務運行: \(.service_running)", "   活躍連線: \(.active_connections)",
    "   總連線數: \(.total_connections)", "   健康狀態: \(.health.status)"'
  if [ "$(field '.data.health.status')" = healthy ]; then
    ok '服務健康狀態良好'
  else
    bad "服務健康狀態: $(field '.data.health.status')"
    field '.data.health.checks[] | select(.status != "ok") | "   \(.name): \(.message)"'
  fi
else
  bad 'API 狀態端點無法訪問' "curl -i $URL/api/system/websocket/status"
fi

echo
echo '[5/5] 檢查數據庫連線記錄...'
LOGIN=$(get -X POST "$URL/api/auth/login" -H 'Content-Type: application/json' \
  -d "$(jq -n --arg email "$EMAIL" --arg password "$PASSWORD" '{$email, $password}')")
TOKEN=$(jq -r '.data.token // empty' 2> /dev/null <<< "$LOGIN")
if [ -z "$TOKEN" ]; then
  bad "無法登入 $EMAIL: $(jq -r '.error.message // "沒有回應"' 2> /dev/null <<< "${LOGIN:-{\}}")" \
    '請設定 NOTIFYHUB_EMAIL 與 NOTIFYHUB_PASSWORD'
else
  STATS=$(get "$URL/api/websocket/stats" -H "Authorization: Bearer $TOKEN")
  ROWS=$(get "$URL/api/websocket/connections?limit=1" -H "Authorization: Bearer $TOKEN")
  if jq -e '.success == true' > /dev/null 2>&1 <<< "$STATS" && jq -e '.success == true' > /dev/null 2>&1 <<< "$ROWS"; then
    ok '數據庫連線記錄可訪問'
    jq -r '.data | "   總連線記錄: \(.totalConnections)\n   活躍連線: \(.activeConnections)"' <<< "$STATS"
  else
    bad '數據庫連線記錄無法訪問' '查看 status 的 Storage 檢查與 silo 的日誌'
  fi
fi

echo
echo '======================================'
echo '   檢查完成'
echo '======================================'
if [ "$FAULTS" -eq 0 ]; then
  echo '✅ WebSocket 服務運行正常'
else
  echo "❌ WebSocket 服務異常：$FAULTS 項未通過"
  exit 1
fi
