import type { Entry, NodeReader } from '../compose/node-reader.ts'
import type { IdMapping } from './id-mapping.ts'

/** As many as a system expects that has `nobody`. */
const fewestIds = 65536
/** Below are the host's own users, those of systemd's services, and `nobody`. */
const lowestFirstId = 65536
/** The kernel's own settings of ranges of groups take no more. */
const idsEnd = 2 ** 31

/** Reads the section `userNamespaces`; undefined after a problem was reported. */
export function readUserNamespaces(
  reader: NodeReader,
  { value, keyNode }: Entry,
): IdMapping | undefined {
  const at = ['userNamespaces']
  const section = reader.section(value, at, ['firstId', 'count'])
  if (section === undefined) return undefined
  if (section.firstId === undefined)
    return reader.problem(keyNode, at, 'expected firstId: what root in a container is on the host')
  const number = (entry: Entry | undefined, name: string, least: number) =>
    entry && reader.parsed(entry.value, [...at, name], 'a number', atLeast(least))
  const firstId = number(section.firstId, 'firstId', lowestFirstId)
  const count = section.count === undefined ? fewestIds : number(section.count, 'count', fewestIds)
  if (firstId === undefined || count === undefined) return undefined
  if (firstId + count <= idsEnd) return { firstId, count }
  return reader.problem(keyNode, at, `the last id is above ${idsEnd - 1}`)
}

function atLeast(least: number): (text: string) => number {
  return (text) => {
    if (/^\d{1,10}$/.test(text) && Number(text) >= least) return Number(text)
    throw new RangeError(`expected a number from ${least} on, found "${text}"`)
  }
}
