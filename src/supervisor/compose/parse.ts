import { basename, dirname } from 'node:path'
import type { Problem } from '../../checked-yaml/problem.ts'
import type { ReleaseImages } from '../release-images/image-set.ts'
import { type ComposeFiles, noFiles } from './compose-files.ts'
import { dependencyCycle } from './depends-on.ts'
import { type Contents, type DeclaredFiles, readFiles } from './file-sources.ts'
import { type ModelFile, ModelLoader } from './model.ts'
import { readNetworks } from './networks.ts'
import { type Entry, NodeReader } from './node-reader.ts'
import { enabledProfiles, isEnabled, readProfiles } from './profiles.ts'
import type { Project } from './service.ts'
import { readService } from './service-fields.ts'
import type { Variables } from './tree.ts'
import { readVolumes } from './volumes.ts'

const projectName = /^[a-z0-9][a-z0-9_-]*$/
const resourceName = /^[a-zA-Z0-9][a-zA-Z0-9._-]*$/

export const topLevelKeys = [
  'name',
  'services',
  'volumes',
  'networks',
  'configs',
  'secrets',
  'version',
] as const

export const refusedTopLevel = {
  models: 'the host runs no language models: name a server of them under services',
}

/** What is beside a Compose file. */
export type Surroundings = {
  /** Those of the release that runs. */
  readonly releaseImages?: ReleaseImages
  /** Where what the file refers to is read from. */
  readonly files?: ComposeFiles
  /** Files whose values go over those of this one, in order. */
  readonly overrides?: readonly ModelFile[]
}

/**
 * Reads a Compose file (compose-spec.io), as far as Slipway knows it, with what it includes and extends.
 * Whatever it does not know is a problem, never ignored; a file with a problem declares nothing.
 */
export function parseCompose(
  text: string,
  file: string,
  { releaseImages = {}, files = noFiles, overrides = [] }: Surroundings = {},
): { project?: Project; problems: readonly Problem[] } {
  const loader = new ModelLoader(files)
  const { tree, variables } = loader.load([{ file, text }, ...overrides], dirname(file))
  if (tree === undefined || loader.problems.length > 0) return { problems: loader.problems }
  const reader = new NodeReader(tree)
  const project = readProject(reader, file, { releaseImages, files, variables })
  if (reader.problems.length > 0 || project === undefined) return { problems: reader.problems }
  return { project, problems: [] }
}

type Around = {
  readonly releaseImages: ReleaseImages
  readonly files: ComposeFiles
  readonly variables: Variables
}

function readProject(
  reader: NodeReader,
  file: string,
  { releaseImages, files, variables }: Around,
): Project | undefined {
  const top = reader.section(reader.root, [], topLevelKeys, refusedTopLevel)
  if (top === undefined) return undefined
  const name = readName(reader, top.name, file)
  if (top.services === undefined)
    return reader.problem(reader.root, [], 'the key services is missing')
  const contents: Contents = new Map()
  const granted = (key: 'configs' | 'secrets'): DeclaredFiles =>
    readFiles(reader, top[key], key, files, contents)
  const entries = reader.entries(top.services.value, ['services']) ?? []
  const enabled = enabledProfiles(variables)
  const active = entries.filter(({ key, value }) =>
    isEnabled(readProfiles(reader, value, ['services', key]), enabled),
  )
  const place = {
    project: name,
    services: active.map(({ key }) => key),
    inactive: entries.filter((entry) => !active.includes(entry)).map(({ key }) => key),
    volumes: readVolumes(reader, top.volumes, name),
    networks: readNetworks(reader, top.networks, name),
    configs: granted('configs'),
    secrets: granted('secrets'),
    releaseImages,
    files,
  }
  const services = []
  for (const entry of entries) {
    const { key, keyNode, value } = entry
    const path = ['services', key]
    if (!resourceName.test(key)) reader.problem(keyNode, path, 'a name has letters, digits, . _ -')
    const isActive = active.includes(entry)
    const known = isActive ? place.services : entries.map(({ key: other }) => other)
    const read = readService(reader, value, path, { ...place, name: key, services: known })
    // What is switched off is held to the same rules, and is not there.
    if (isActive) services.push(...read)
  }
  const cycle = dependencyCycle(services)
  if (cycle !== undefined) {
    const first = entries.find(({ key }) => key === cycle[0])
    const path = ['services', cycle[0] ?? '', 'depends_on']
    reader.problem(first?.keyNode, path, `the services wait for each other: ${cycle.join(' → ')}`)
  }
  return { name, file, services, ...(contents.size === 0 ? {} : { contents }) }
}

function readName(reader: NodeReader, entry: Entry | undefined, file: string): string {
  const expected = 'lower-case letters, digits, - and _, beginning with a letter or digit'
  if (entry !== undefined) {
    const name = reader.text(entry.value, ['name'], expected)
    if (name === undefined || projectName.test(name)) return name ?? ''
    reader.problem(entry.value, ['name'], `expected ${expected}, found "${name}"`)
    return name
  }
  const name = basename(file).replace(/\.ya?ml$/, '')
  if (!projectName.test(name))
    reader.problem(
      undefined,
      [],
      `the file name "${name}" cannot be the project's name (expected ${expected}): add the key name`,
    )
  return name
}
