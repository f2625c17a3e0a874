// Runs in a test's world: an HTTP server at the port of the first argument that writes each body it is sent to the file of
// the second one, a line each, and answers with the status that stands in FILE.status, if any, instead.
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'

const [port = '', file = ''] = process.argv.slice(2)
createServer((request, response) => {
  const pieces: Buffer[] = []
  request.on('data', (piece: Buffer) => pieces.push(piece))
  request.on('end', () => {
    const status = existsSync(`${file}.status`) ? readFileSync(`${file}.status`, 'utf8') : '200'
    if (status === '200') appendFileSync(file, `${Buffer.concat(pieces).toString().trimEnd()}\n`)
    response.writeHead(Number(status), { 'Retry-After': '1' }).end()
  })
}).listen(Number(port), '127.0.0.1')
