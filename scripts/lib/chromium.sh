# Sourced by the scripts that drive the console in a browser: makes sure of Debian's Chromium and of fonts that have Chinese.
. scripts/lib/install.sh
if ! command -v chromium > /dev/null && [ -z "${CHROMIUM-}" ] || ! fc-list ':lang=zh-tw' 2> /dev/null | grep -q .; then
  install_packages 'Chromium and fonts for Chinese' 'what needs a browser will fail' chromium fontconfig fonts-noto-cjk
fi
