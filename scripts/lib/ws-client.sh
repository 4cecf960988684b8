# Chooses a WebSocket client. Source it, then: ws_client URL < lines-to-send > messages-received
#   WS_CLIENT   its name, empty when there is none

WS_LIB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if command -v websocat > /dev/null; then WS_CLIENT=websocat
elif command -v wscat > /dev/null; then WS_CLIENT=wscat
elif command -v python3 > /dev/null; then WS_CLIENT=python3
else WS_CLIENT=; fi

# Replaces the calling shell, so that after "ws_client … &" the process id in $! is the client's.
ws_client() {
  case $WS_CLIENT in
    websocat) exec websocat "$1" ;;
    wscat) exec wscat -c "$1" ;;
    python3) exec python3 "$WS_LIB/ws_client.py" "$1" ;;
    *) echo '需要 websocat、wscat 或 python3 其中之一 (one of them is needed)' >&2; exit 2 ;;
  esac
}
