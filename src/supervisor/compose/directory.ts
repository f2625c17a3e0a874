import { join } from 'node:path'
import type { Problem } from '../../checked-yaml/problem.ts'
import { namesIn } from '../../files/absence.ts'
import type { PortBinding } from '../containers/spec.ts'
import { overlap } from '../networks/host-ports.ts'
import type { ReleaseImages } from '../release-images/image-set.ts'
import { type ComposeFiles, filesBelow } from './compose-files.ts'
import { parseCompose } from './parse.ts'
import type { Project, Service } from './service.ts'

/** What the Compose directory declares; `failedProjects` are those whose files have problems. */
export type Declaration = {
  readonly projects: readonly Project[]
  readonly problems: readonly Problem[]
  /** Files that could not be used: what they declared before must be left as it is. */
  readonly failedFiles: readonly string[]
}

/**
 * Reads every `*.yaml` and `*.yml` of a directory, with `NAME.override.yaml` over `NAME.yaml`. A file with
 * problems does not stop the others; a directory that is not there declares nothing. `instead` has texts of
 * files, by name, that are not there or differ.
 */
export async function loadComposeDirectory(
  directory: string,
  releaseImages: ReleaseImages = {},
  instead: Readonly<Record<string, string>> = {},
): Promise<Declaration> {
  const projects: Project[] = []
  const problems: Problem[] = []
  const failedFiles: string[] = []
  const files = filesBelow(directory, instead)
  const names = composeFiles([...(await namesIn(directory)), ...Object.keys(instead)])
  for (const { name, override } of projectFiles(names)) {
    const file = join(directory, name)
    const read = readProject(file, override && join(directory, override), files, releaseImages)
    if (read === undefined) continue
    const together = read.project === undefined ? [] : conflicts(read.project, projects)
    problems.push(...read.problems, ...together)
    if (read.project === undefined || together.length > 0) failedFiles.push(file)
    else projects.push(read.project)
  }
  return { projects, problems, failedFiles }
}

function composeFiles(names: readonly string[]): string[] {
  return [...new Set(names)]
    .filter((name) => /\.ya?ml$/.test(name) && !name.startsWith('.') && !name.includes('/'))
    .toSorted()
}

/** Each file with the one that goes over it; one over nothing is a file of its own. */
export function projectFiles(
  names: readonly string[],
): readonly { readonly name: string; readonly override?: string }[] {
  const overrides = new Map<string, string>()
  for (const name of names) {
    const [, base = '', suffix = ''] = /^(.+)\.override(\.ya?ml)$/.exec(name) ?? []
    const over = [`${base}${suffix}`, `${base}.yaml`, `${base}.yml`].find(
      (other) => base !== '' && names.includes(other),
    )
    if (over !== undefined && !overrides.has(over)) overrides.set(over, name)
  }
  const taken = new Set(overrides.values())
  return names
    .filter((name) => !taken.has(name))
    .map((name) => {
      const override = overrides.get(name)
      return override === undefined ? { name } : { name, override }
    })
}

/** Undefined when the file is gone since the directory was listed. */
function readProject(
  file: string,
  override: string | undefined,
  files: ComposeFiles,
  releaseImages: ReleaseImages,
): ReturnType<typeof parseCompose> | undefined {
  const problems: Problem[] = []
  const [own, ...overrides] = [file, ...(override === undefined ? [] : [override])].map((path) => {
    const content = files.read(path)
    if (content.kind === 'refused') problems.push(wholeFile(path, content.reason))
    return content.kind === 'content'
      ? { file: path, text: content.bytes.toString('utf8') }
      : undefined
  })
  if (problems.length > 0) return { problems }
  if (own === undefined) return undefined
  return parseCompose(own.text, file, {
    releaseImages,
    files,
    overrides: overrides.filter((one) => one !== undefined),
  })
}

/** What a project claims that an earlier one already has: its name, container names, host ports. */
export function conflicts(project: Project, earlier: readonly Project[]): Problem[] {
  const messages: string[] = []
  const names = new Map<string, string>()
  const networks = new Map<string, string>()
  const ports: { binding: PortBinding; owner: string }[] = []
  for (const other of earlier) {
    if (other.name === project.name)
      messages.push(`the project name "${project.name}" is already used by ${other.file}`)
    for (const service of other.services) {
      names.set(service.containerName, `${other.file}, service ${service.name}`)
      for (const network of definedNetworks(service)) networks.set(network, other.file)
      for (const binding of service.ports)
        ports.push({ binding, owner: `${other.file}, service ${service.name}` })
    }
  }
  for (const service of project.services) {
    const owner = names.get(service.containerName)
    if (owner !== undefined)
      messages.push(`the container name "${service.containerName}" is already used by ${owner}`)
    names.set(service.containerName, `service ${service.name}`)
    for (const network of definedNetworks(service)) {
      const file = networks.get(network)
      if (file !== undefined)
        messages.push(
          `service ${service.name}: the network "${network}" is declared by ${file}: make it external here`,
        )
    }
    for (const binding of service.ports) {
      const taken = ports.find((port) => overlap(port.binding, binding))
      if (taken !== undefined)
        messages.push(
          `service ${service.name}: the port ${binding.hostPort}/${binding.protocol} of the host is already used by ${taken.owner}`,
        )
      ports.push({ binding, owner: `service ${service.name}` })
    }
  }
  return messages.map((message) => wholeFile(project.file, message))
}

function definedNetworks({ networks = [] }: Service): string[] {
  return networks.flatMap(({ name, definition }) => (definition === undefined ? [] : [name]))
}

function wholeFile(file: string, message: string): Problem {
  return { file, line: 1, column: 1, path: '', message }
}
