# Sourced by the scripts that run the console in a browser: installs Chromium and fonts with Chinese characters.
. scripts/lib/install.sh
if ! command -v chromium > /dev/null && [ -z "${CHROMIUM-}" ] || ! fc-list ':lang=zh-tw' 2> /dev/null | grep -q .; then
  install_packages 'Chromium and fonts for Chinese' 'what needs a browser will fail' chromium fontconfig fonts-noto-cjk
fi
