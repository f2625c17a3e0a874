/** Package URLs (purl-spec): what vulnerability scanners look packages up by. */

/** `pkg:deb/debian/libstdc%2B%2B6@14.2.0-19?arch=amd64&distro=trixie` */
export function debianPurl(entry: {
  readonly name: string
  readonly version: string
  readonly architecture: string
  readonly suite: string
}): string {
  const qualifiers = `arch=${encode(entry.architecture)}&distro=${encode(entry.suite)}`
  return `pkg:deb/debian/${encode(entry.name)}@${encode(entry.version)}?${qualifiers}`
}

/** `pkg:npm/%40scope/name@1.0.0` */
export function npmPurl(name: string, version: string): string {
  return `pkg:npm/${name.split('/').map(encode).join('/')}@${encode(version)}`
}

/** `pkg:generic/node@26.10.0`: for what no package manager's type fits. */
export function genericPurl(name: string, version: string): string {
  return `pkg:generic/${encode(name)}@${encode(version)}`
}

/** Percent-encodes all but the unreserved characters and the colon, as the specification says. */
function encode(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%3A', ':')
}
