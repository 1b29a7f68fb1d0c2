#!/usr/bin/env bash
# From dist/Gradient Descent Studio.app to a disk image: make-dmg.sh VERSION
#
# With CODESIGN_IDENTITY the app is signed for the hardened runtime; with NOTARY_APPLE_ID, NOTARY_TEAM_ID and
# NOTARY_PASSWORD (an app-specific one) the image is notarised and stapled as well. Without them it is signed ad hoc:
# it runs, after the person has allowed it once in System Settings, Privacy & Security.
set -euo pipefail
cd "$(dirname "$0")/../../.."
version=${1:?Say which version it is.}
app="dist/Gradient Descent Studio.app"
image="dist/gdstudio-$version-macos-arm64.dmg"
entitlements=resources/installer/macos/entitlements.plist

sign=(codesign --force --sign "${CODESIGN_IDENTITY:--}" --options runtime --entitlements "$entitlements")
[ -z "${CODESIGN_IDENTITY:-}" ] || sign+=(--timestamp)
# Inside out: a signature covers what lies within, so that of the app is the last.
find "$app/Contents" -type f \( -name '*.dylib' -o -name '*.so' \) -print0 | xargs -0 -n 20 "${sign[@]}"
"${sign[@]}" "$app/Contents/MacOS/gdstudio"
"${sign[@]}" "$app"
codesign --verify --deep --strict --verbose=2 "$app"

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
cp -R "$app" "$stage/"
ln -s /Applications "$stage/Applications"
hdiutil create -volname "Gradient Descent Studio" -srcfolder "$stage" -format ULFO -ov "$image"

if [ -n "${CODESIGN_IDENTITY:-}" ]; then
  codesign --sign "$CODESIGN_IDENTITY" --timestamp "$image"
fi
if [ -n "${NOTARY_APPLE_ID:-}" ]; then
  xcrun notarytool submit "$image" --wait \
    --apple-id "$NOTARY_APPLE_ID" --team-id "$NOTARY_TEAM_ID" --password "$NOTARY_PASSWORD"
  xcrun stapler staple "$image"
fi
echo "$image"
