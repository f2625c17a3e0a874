import { join } from 'node:path'
import { Command } from 'commander'
import { listImages, loadImage } from '../image/load.ts'
import { showImage } from '../image/show.ts'
import { project } from './project.ts'

const directory = join(project, 'images')

export function imageCommand(): Command {
  const command = new Command('image').description('Look at image definitions.')
  command
    .command('list')
    .description('Names of the image definitions.')
    .action(async () => {
      for (const name of await listImages({ directory })) process.stdout.write(`${name}\n`)
    })
  command
    .command('show')
    .description('Print a definition after inheritance, with defaults filled in.')
    .argument('<name>')
    .option('--json', 'as JSON')
    .action(async (name: string, options: { json?: true }) => {
      const definition = await loadImage(name, { directory })
      const text = options.json
        ? `${JSON.stringify(definition, undefined, 2)}\n`
        : showImage(definition)
      process.stdout.write(text)
    })
  return command
}
