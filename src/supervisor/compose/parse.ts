import { basename } from 'node:path'
import type { Problem } from '../../checked-yaml/problem.ts'
import type { ReleaseImages } from '../release-images/image-set.ts'
import { dependencyCycle } from './depends-on.ts'
import { readNetworks } from './networks.ts'
import { type Entry, NodeReader } from './node-reader.ts'
import type { Project } from './service.ts'
import { readService } from './service-fields.ts'

const projectName = /^[a-z0-9][a-z0-9_-]*$/
const resourceName = /^[a-zA-Z0-9][a-zA-Z0-9._-]*$/

const refusedTopLevel = {
  version: 'the key is obsolete in the Compose specification; remove it',
  secrets: 'not supported yet',
  configs: 'not supported yet',
  include: 'not supported: put each project into a file of its own',
}

/**
 * Reads a Compose file (compose-spec.io), as far as Slipway knows it. Whatever it does not know is
 * a problem, never ignored; a file with a problem declares nothing. `releaseImages` are those of the
 * release that runs.
 */
export function parseCompose(
  text: string,
  file: string,
  releaseImages: ReleaseImages = {},
): { project?: Project; problems: readonly Problem[] } {
  const reader = new NodeReader(text, file)
  if (reader.problems.length > 0) return { problems: reader.problems }
  const project = readProject(reader, file, releaseImages)
  if (reader.problems.length > 0 || project === undefined) return { problems: reader.problems }
  return { project, problems: [] }
}

function readProject(
  reader: NodeReader,
  file: string,
  releaseImages: ReleaseImages,
): Project | undefined {
  const top = reader.section(
    reader.root,
    [],
    ['name', 'services', 'volumes', 'networks'],
    refusedTopLevel,
  )
  if (top === undefined) return undefined
  const name = readName(reader, top.name, file)
  if (top.services === undefined)
    return reader.problem(reader.root, [], 'the key services is missing')
  const volumes = top.volumes === undefined ? [] : readVolumes(reader, top.volumes)
  const networks = readNetworks(reader, top.networks, name)
  const services = []
  const entries = reader.entries(top.services.value, ['services']) ?? []
  const names = entries.map(({ key }) => key)
  for (const { key, keyNode, value } of entries) {
    const path = ['services', key]
    if (!resourceName.test(key)) reader.problem(keyNode, path, 'a name has letters, digits, . _ -')
    const place = { project: name, name: key, services: names, volumes, networks, releaseImages }
    const service = readService(reader, value, path, place)
    if (service !== undefined) services.push(service)
  }
  const cycle = dependencyCycle(services)
  if (cycle !== undefined) {
    const first = entries.find(({ key }) => key === cycle[0])
    const path = ['services', cycle[0] ?? '', 'depends_on']
    reader.problem(first?.keyNode, path, `the services wait for each other: ${cycle.join(' → ')}`)
  }
  return { name, file, services }
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

function readVolumes(reader: NodeReader, entry: Entry): string[] {
  const volumes = []
  for (const { key, keyNode, value } of reader.entries(entry.value, ['volumes']) ?? []) {
    const path = ['volumes', key]
    if (!resourceName.test(key)) reader.problem(keyNode, path, 'a name has letters, digits, . _ -')
    if (!reader.isNothing(value))
      for (const option of reader.entries(value, path) ?? [])
        reader.problem(option.keyNode, [...path, option.key], 'volumes have no options yet')
    volumes.push(key)
  }
  return volumes
}
