/** The platform that the host has, such as `linux/amd64`; throws a RangeError for another. */
export function parsePlatform(text: string): string {
  const own = process.arch === 'x64' ? 'amd64' : process.arch
  const [system, architecture = own, ...more] = text.toLowerCase().split('/')
  const known = architecture === 'x86_64' ? 'amd64' : architecture
  const variants = own === 'arm64' ? ['v8'] : []
  if (system === 'linux' && known === own && more.every((name) => variants.includes(name)))
    return text
  throw new RangeError(
    `the host is linux/${own}, and runs no images of other platforms, found "${text}"`,
  )
}
