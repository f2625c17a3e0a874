/** What a text that is meant for another program is, and what to do about it; undefined for others. */
export function foreignFormat(text: string): string | undefined {
  const [first = ''] = text.split('\n', 1)
  if (text.startsWith('\uFEFF')) return 'the config begins with a byte order mark'
  if (/^#cloud-config\b/.test(first))
    return 'this is a cloud-config for cloud-init, which this system does not have'
  if (first.startsWith('#!')) return 'this is a script, and user data is not run here'
  if (/^(?:Content-Type|MIME-Version):/i.test(first))
    return 'this is a MIME archive for cloud-init, which this system does not have'
  if (/^variant:\s*\S/m.test(text) && !text.trimStart().startsWith('{'))
    return 'this is a Butane config: translate it with the program butane first'
  return undefined
}
