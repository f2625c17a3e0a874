/** Started as a process of its own: takes one turn. Argument: a JSON file of an ImageHost. */
import { readFileSync } from 'node:fs'
import { takeTurn } from '../turn.ts'
import { type ImageHost, imageHost } from './image-host.ts'

const host = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as ImageHost
await takeTurn(imageHost(host))
