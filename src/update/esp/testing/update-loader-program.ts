/**
 * Run by the kill tests: updates the boot loader of a folder. Arguments: the folder, the new loader's
 * file.
 */
import { readFileSync } from 'node:fs'
import { updateBootLoader } from '../boot-loader.ts'

const [directory = '', file = ''] = process.argv.slice(2)
await updateBootLoader({
  esp: { directory },
  loader: readFileSync(file),
  compareVersions: (a, b) => (a < b ? -1 : Number(a > b)),
})
