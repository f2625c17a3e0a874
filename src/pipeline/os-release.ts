/** Text of os-release(5) for an image: who the host says it is. */
export function osRelease(image: string, version: string): string {
  const fields = {
    ID: 'slipway',
    ID_LIKE: 'debian',
    NAME: 'Slipway',
    PRETTY_NAME: `Slipway ${version} (${image})`,
    VERSION_ID: version,
    IMAGE_ID: 'slipway',
    IMAGE_VERSION: version,
    VARIANT_ID: image,
  }
  return Object.entries(fields)
    .map(([name, value]) => `${name}="${value}"\n`)
    .join('')
}
