#!/usr/bin/env bash
# From the frozen folder to a Debian package: build-deb.sh FOLDER VERSION OUT.deb
set -euo pipefail
folder=$(realpath "${1:?The frozen folder is missing.}")
version=${2:?The version is missing.}
out=$(realpath -m "${3:?The name of the package is missing.}")
here=$(cd "$(dirname "$0")" && pwd)
resources=$(cd "$here/../.." && pwd)

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
chmod 755 "$stage"
install -d "$stage"/{DEBIAN,opt,usr/bin,usr/share/{applications,mime/packages,metainfo,doc/gdstudio}} \
  "$stage"/usr/share/icons/hicolor/{scalable,256x256}/apps
cp -a "$folder" "$stage/opt/gdstudio"
ln -s /opt/gdstudio/gdstudio "$stage/usr/bin/gdstudio"
install -m 644 "$here/gdstudio.desktop" "$stage/usr/share/applications/"
install -m 644 "$here/gdstudio.xml" "$stage/usr/share/mime/packages/"
install -m 644 "$here/io.github.gdstudio.metainfo.xml" "$stage/usr/share/metainfo/"
install -m 644 "$resources/icons/gdstudio.svg" "$stage/usr/share/icons/hicolor/scalable/apps/"
install -m 644 "$resources/icons/gdstudio.png" "$stage/usr/share/icons/hicolor/256x256/apps/"
install -m 644 "$resources/licenses/LICENSE-gdstudio.txt" "$stage/usr/share/doc/gdstudio/copyright"

# Installed for everyone: nobody but root may change it, everybody may run it.
find "$stage/opt" -type d -exec chmod 755 {} +
chmod -R go-w,a+rX "$stage/opt"

cat > "$stage/DEBIAN/control" <<CONTROL
Package: gdstudio
Version: $version
Section: education
Priority: optional
Architecture: $(dpkg --print-architecture)
Installed-Size: $(du -sk --exclude=DEBIAN "$stage" | cut -f1)
Maintainer: The Gradient Descent Studio authors <noreply@example.org>
Depends: libc6 (>= 2.31), libegl1, libgl1, libx11-6, libx11-xcb1, libxkbcommon0, libxkbcommon-x11-0, libfontconfig1,
 libfreetype6, libdbus-1-3, libglib2.0-0t64 | libglib2.0-0, libxcb1, libxcb-cursor0, libxcb-icccm4, libxcb-image0,
 libxcb-keysyms1, libxcb-randr0, libxcb-render0, libxcb-render-util0, libxcb-shape0, libxcb-shm0, libxcb-sync1,
 libxcb-util1, libxcb-xfixes0, libxcb-xkb1
Recommends: fonts-dejavu-core
Description: Watch gradient descent happen
 Load a table, build a model, pick an optimizer, watch it learn, and read
 scores that can be defended. Works without a network and without Python.
CONTROL

# No scripts: the desktop's caches of icons, types and entries follow by Debian's own triggers.
dpkg-deb --root-owner-group -Zzstd -z"${LEVEL:-15}" --build "$stage" "$out"
dpkg-deb --info "$out" | sed -n 1,12p
