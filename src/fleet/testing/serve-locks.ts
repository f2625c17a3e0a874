/** A lock server with two slots for the group db, its locks in the file of the first argument; prints its address. */
import { startLockServer } from '../lock-server.ts'

const [, , stateFile = ''] = process.argv
const server = await startLockServer({
  host: '127.0.0.1',
  port: 0,
  slots: new Map([['db', 2]]),
  stateFile,
  log: (line) => process.stderr.write(`${line}\n`),
})
process.stdout.write(`${server.url}\n`)
