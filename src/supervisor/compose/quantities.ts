const byteUnits: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  kb: 1024,
  m: 1024 ** 2,
  mb: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1024 ** 3,
}

/** Docker refuses less, because a container could not even start. */
const smallestMemoryBytes = 6 * 1024 ** 2

/** A limit of memory in bytes; throws a RangeError. */
export function parseMemory(text: string): number {
  const sizeBytes = parseBytes(text)
  if (sizeBytes < smallestMemoryBytes)
    throw new RangeError(`expected at least 6m of memory, found "${text}"`)
  return sizeBytes
}

/** Memory and swap together; -1 is without limit. Throws a RangeError. */
export function parseMemorySwap(text: string): number {
  return text === '-1' ? -1 : parseBytes(text)
}

/** Bytes from Compose's `512m`, `1.5gb` or a plain number; throws a RangeError. */
export function parseBytes(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? []
  const factor = byteUnits[unit?.toLowerCase() ?? '']
  if (amount === undefined || factor === undefined)
    throw new RangeError(`expected a size such as 512m or 2g, found "${text}"`)
  return Math.floor(Number(amount) * factor)
}

/** Processors, `0.5` for half of one; throws a RangeError. */
export function parseCpus(text: string): number {
  const cpus = Number(text)
  if (/^\d+(\.\d+)?$/.test(text) && cpus >= 0.01) return cpus
  throw new RangeError(`expected a number of processors such as 0.5 or 2, found "${text}"`)
}

/** A whole number from 1 up, such as of shares or of microseconds; throws a RangeError. */
export function parseCount(text: string): number {
  const count = Number(text)
  if (/^\d+$/.test(text) && count >= 1 && Number.isSafeInteger(count)) return count
  throw new RangeError(`expected a whole number from 1 up, found "${text}"`)
}

/** Processors or memory nodes by number, such as `0-1,3`; throws a RangeError. */
export function parseNumberSet(text: string): string {
  if (/^\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*$/.test(text)) return text
  throw new RangeError(`expected numbers such as 0-1,3, found "${text}"`)
}

/** A limit of processes; throws a RangeError. */
export function parsePids(text: string): number {
  const pids = Number(text)
  if (/^\d+$/.test(text) && pids >= 1 && Number.isSafeInteger(pids)) return pids
  throw new RangeError(`expected a number of processes from 1 up, found "${text}"`)
}
