import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { loadComposeDirectory } from './directory.ts'
import type { Project, Service } from './service.ts'
import { compositions } from './testing/compositions.ts'

const run = promisify(execFile)

/** Each composition as it is, and as the Compose plugin resolves it into one file without variables. */
describe('a Compose file says the same as with the Compose plugin', () => {
  let root: string
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'slipway-compositions-'))
  })
  after(async () => {
    await rm(root, { recursive: true, force: true })
  })

  for (const [index, [what, files]] of Object.entries(compositions).entries())
    it(what, async () => {
      const directory = join(root, String(index))
      for (const [name, text] of Object.entries(files)) {
        await mkdir(dirname(join(directory, name)), { recursive: true })
        await writeFile(join(directory, name), text)
      }
      const override = 'shop.override.yaml' in files ? ['--file', 'shop.override.yaml'] : []
      const { stdout } = await run(
        'docker',
        [
          ...['compose', '--file', 'shop.yaml', ...override],
          ...['--project-name', 'shop', 'config', '--format', 'json'],
        ],
        { cwd: directory, env: { PATH: process.env.PATH ?? '', HOME: directory } },
      )
      const own = await loadComposeDirectory(directory)
      assert.deepEqual(own.problems, [])
      const resolved = await loadComposeDirectory(
        directory,
        {},
        { 'shop.yaml': withoutPlacement(stdout), 'shop.override.yaml': '{}' },
      )
      assert.deepEqual(resolved.problems, [])
      assert.ok((own.projects[0]?.services.length ?? 0) > 0)
      assert.deepEqual(own.projects.map(comparable), resolved.projects.map(comparable))
    })
})

/** The plugin writes an empty one wherever there is `deploy`; a host refuses it. */
function withoutPlacement(resolved: string): string {
  return JSON.stringify(
    JSON.parse(resolved, (key, value: unknown) => (key === 'placement' ? undefined : value)),
  )
}

function comparable({ name, services, contents }: Project) {
  return {
    name,
    contents: [...(contents ?? [])].map(([, bytes]) => bytes.toString('utf8')).toSorted(),
    services: services.map(unordered).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  }
}

/** Without an order of what has none in the plugin's result, and without the directories that the plugin has made for mounts. */
function unordered({ dependsOn, networks, namespaces, ulimits, mounts, ...service }: Service) {
  return {
    ...service,
    // The first of the networks.
    namespaces: {
      ...namespaces,
      network: networks === undefined ? namespaces?.network : undefined,
    },
    ulimits: ulimits?.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    dependsOn: dependsOn?.toSorted(),
    networks: networks
      ?.map((network) => ({ ...network, aliases: network.aliases.toSorted() }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    mounts: mounts.map(({ create: _made, ...mount }) => mount),
  }
}
