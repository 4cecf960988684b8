#!/usr/bin/env bash
# Opens many connections at once and keeps them until Ctrl+C. One process per connection: good for tens to hundreds.
# Needs bash and one of websocat, wscat, python3. Exit code: 0 all connected, 1 some did not, 2 cannot test.
set -u

usage() {
  cat <<'HELP'
用法: scripts/stress_test.sh        壓力測試 - 同時建立多個連線 (many connections at once)

環境變數 (settings):
  CONNECTIONS    10                          連線數 (how many)
  DURATION       0                           保持秒數，0 = 直到 Ctrl+C (seconds to keep them; 0: until Ctrl+C)
  NOTIFYHUB_URL  http://localhost:8080       閘道位址 (gateway)
HELP
}
case "${1-}" in
  -h | --help) usage; exit 0 ;;
  '') ;;
  *) usage >&2; exit 2 ;;
esac

# shellcheck source=scripts/lib/ws-client.sh
. "$(dirname "$0")/lib/ws-client.sh"
[ -n "$WS_CLIENT" ] || { echo '❌ 需要 websocat、wscat 或 python3 其中之一 (one of them is needed)' >&2; exit 2; }

CONNECTIONS=${CONNECTIONS:-10}
DURATION=${DURATION:-0}
URL=${NOTIFYHUB_URL:-http://localhost:8080}
WS_URL="ws${URL#http}"
[[ $CONNECTIONS =~ ^[1-9][0-9]*$ ]] || { echo "❌ CONNECTIONS 必須是正整數: $CONNECTIONS" >&2; exit 2; }
[[ $DURATION =~ ^[0-9]+$ ]] || { echo "❌ DURATION 必須是整數: $DURATION" >&2; exit 2; }

WORK=$(mktemp -d)
CLIENTS=()
INPUTS=()
close_inputs() { local fd; for fd in "${INPUTS[@]}"; do exec {fd}>&-; done; }
cleanup() {
  trap '' INT TERM
  if [ ${#CLIENTS[@]} -gt 0 ]; then
    # At the end of its input a client closes properly; a killed one would count as a failed connection.
    close_inputs
    for _ in $(seq 30); do kill -0 "${CLIENTS[@]}" 2> /dev/null && sleep 0.1; done
    kill "${CLIENTS[@]}" 2> /dev/null
    wait 2> /dev/null
  fi
  rm -rf "$WORK"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# A client ends with its input, so each gets an input that stays open.
for i in $(seq "$CONNECTIONS"); do
  mkfifo "$WORK/$i.input"
  exec {input}<> "$WORK/$i.input"
  INPUTS+=("$input")
  # Ctrl+C reaches only this script, which then ends the clients.
  (trap '' INT; close_inputs; ws_client "$WS_URL") < "$WORK/$i.input" > "$WORK/$i.messages" 2> "$WORK/$i.errors" &
  CLIENTS+=($!)
  echo "啟動連線 #$i"
done

# A client that has received a pong is connected. Pings repeat, because wscat drops what it reads before it is connected.
connected() { grep -lF '"pong"' "$WORK"/*.messages 2> /dev/null | wc -l; }
for _ in $(seq 30); do
  for i in $(seq "$CONNECTIONS"); do
    grep -qF '"pong"' "$WORK/$i.messages" || echo '{"type":"ping","time":1}' >&"${INPUTS[i - 1]}"
  done
  for _ in $(seq 10); do
    [ "$(connected)" -lt "$CONNECTIONS" ] && jobs -pr | grep -q . && sleep 0.1
  done
  if [ "$(connected)" -eq "$CONNECTIONS" ] || ! jobs -pr | grep -q .; then break; fi
done
COUNT=$(connected)
if [ "$COUNT" -lt "$CONNECTIONS" ]; then
  echo "❌ 只建立了 $COUNT / $CONNECTIONS 個連線" >&2
  cat "$WORK"/*.errors 2> /dev/null | sort | uniq -c | head -5 >&2
  echo '   → 請看 scripts/check-websocket.sh 的結果；連線數很大時，請檢查 ulimit -n' >&2
  exit 1
fi

if [ "$DURATION" -gt 0 ]; then
  echo "已建立 $CONNECTIONS 個連線，保持 $DURATION 秒"
  sleep "$DURATION" &
  wait $!
else
  echo "已建立 $CONNECTIONS 個連線，按 Ctrl+C 結束"
  wait
fi
