import { isIP } from 'node:net'
import type { FieldPath } from '../../checked-yaml/problem.ts'
import type { NodeReader } from '../compose/node-reader.ts'

/** Where the host listens. */
export type Place = {
  /** An address of the host; `0.0.0.0` and `::` stand for all. */
  readonly address: string
  readonly port: number
}

/** `ADDRESS`, `ADDRESS:PORT`, `[IPV6]` or `[IPV6]:PORT`; undefined after a problem was reported. */
export function readPlace(
  reader: NodeReader,
  node: unknown,
  path: FieldPath,
  usualPort: number,
): Place | undefined {
  const expected = `an address of the host, and a port if it is not ${usualPort}: 192.0.2.7, [::]:${usualPort}`
  const text = reader.text(node, path, expected)
  if (text === undefined) return undefined
  const [, six, four, portText] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const address = six ?? four ?? ''
  const port = portText === undefined ? usualPort : Number(portText)
  if (isIP(address) !== (six === undefined ? 4 : 6) || port < 1 || port > 65_535)
    return reader.problem(node, path, `expected ${expected}; found "${text}"`)
  return { address, port }
}

/** The path of a PEM file; undefined after a problem was reported. */
export function readPemPath(
  reader: NodeReader,
  node: unknown,
  path: FieldPath,
): string | undefined {
  const file = reader.text(node, path, 'the absolute path of a PEM file')
  if (file === undefined || file.startsWith('/')) return file
  return reader.problem(node, path, `expected an absolute path, found "${file}"`)
}
