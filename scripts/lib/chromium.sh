# Sourced by the scripts that drive the console in a browser: makes sure of Debian's Chromium and of fonts that have Chinese.
if ! command -v chromium > /dev/null && [ -z "${CHROMIUM-}" ] || ! fc-list ':lang=zh-tw' 2> /dev/null | grep -q .; then
  if [ "$(id -u)" -eq 0 ] && command -v apt-get > /dev/null; then
    echo 'Installing Chromium and fonts for Chinese...'
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium fontconfig fonts-noto-cjk
  else
    echo 'Chromium or a font with Chinese is missing; what needs a browser will fail. On Debian: sudo apt-get install chromium fonts-noto-cjk' >&2
  fi
fi
