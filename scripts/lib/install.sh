# Sourced by the scripts that need Debian packages.

# install_packages WHAT EFFECT PACKAGE...: as root installs the packages, otherwise prints what will fail without them.
install_packages() {
  local what=$1 effect=$2
  shift 2
  if [ "$(id -u)" -eq 0 ] && command -v apt-get > /dev/null; then
    echo "Installing $what..."
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
  else
    echo "$what: missing; $effect. On Debian or Ubuntu: sudo apt-get install $*" >&2
  fi
}
