/** The address of one interface on its link, in the usual form: `02:42:ac:11:00:02`; undefined for what is none. */
export function parseMacAddress(text: string): string | undefined {
  const plain = text.toLowerCase().replaceAll('-', ':')
  // The lowest bit of the first byte says that it is a group's.
  return /^[0-9a-f][02468ace](?::[0-9a-f]{2}){5}$/.test(plain) ? plain : undefined
}
