import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { World } from './world.ts'

const registry = '127.0.0.1:5000'

/**
 * Runs a registry in the world and pushes an image with busybox and a web page, which it serves on
 * port 80; the supervisor's settings allow plain HTTP to it.
 *
 * @param more sections of the settings beside `registries`
 * @returns its reference
 */
export async function serveBusybox(world: World, more: object = {}): Promise<string> {
  const configuration = join(world.directory, 'registry.yaml')
  await writeFile(
    configuration,
    `version: 0.1
log: { level: error }
storage: { filesystem: { rootdirectory: ${join(world.directory, 'registry')} } }
http: { addr: "${registry}" }
`,
  )
  const settings = { registries: { [registry]: { insecure: true } }, ...more }
  await writeFile(join(world.directory, 'supervisor.yaml'), JSON.stringify(settings))
  world.start('docker-registry', 'serve', configuration)
  await pushBusybox(world, '1', 'hello from the container\n')
  return `${registry}/test/busybox:1`
}

/**
 * Pushes one more such image with a page of its own to the registry that `serveBusybox` runs.
 * @returns its reference by digest
 */
export async function pushBusybox(world: World, tag: string, page: string): Promise<string> {
  const script = join(import.meta.dirname, 'push-busybox.ts')
  const { status, stdout, stderr } = await world.run(process.execPath, script, registry, tag, page)
  if (status !== 0) throw new Error(`no image to test with: ${stderr}`)
  return `${registry}/test/busybox@${stdout}`
}
