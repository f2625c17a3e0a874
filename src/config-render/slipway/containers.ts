import { problemText } from '../../checked-yaml/problem.ts'
import type { JsonNode } from '../../ignition-schema/index.ts'
import { type ComposeFiles, largestFileBytes } from '../../supervisor/compose/compose-files.ts'
import { conflicts } from '../../supervisor/compose/directory.ts'
import { parseCompose } from '../../supervisor/compose/parse.ts'
import type { Project } from '../../supervisor/compose/service.ts'
import { hostDirectories } from '../../supervisor/directories.ts'
import { isNull } from '../convert.ts'
import type { ObjectNode } from '../node.ts'
import type { Rendering } from '../rendering.ts'
import { type Entry, type Tree, valueAt } from '../yaml/tree.ts'
import { embeddedDocument, reportEmbedded } from './embedded.ts'
import { hostFile } from './host-file.ts'
import { placedFiles } from './placed-files.ts'

/** The files of the supervisor's Compose directory, one for each project of `containers`. */
export function composeFiles(storage: ObjectNode, tree: Tree, rendering: Rendering): JsonNode[] {
  const containers = valueAt(tree, 'containers')
  if (containers === undefined || isNull(containers)) return []
  if (containers.kind !== 'map') {
    const wanted = 'a map from names of projects to Compose files'
    rendering.report('RENDER_TYPE', ['containers'], containers.offset, { wanted })
    return []
  }
  const projects: Project[] = []
  const files = placedFiles(storage, hostDirectories.compose)
  return containers.entries.flatMap((entry) => composeFile(entry, projects, files, rendering))
}

function composeFile(
  entry: Entry,
  projects: Project[],
  files: ComposeFiles,
  rendering: Rendering,
): JsonNode[] {
  const { key: name, keyOffset, value } = entry
  const from = ['containers', name]
  if (!/^[a-z0-9][a-z0-9_-]*$/.test(name)) {
    rendering.report('RENDER_PROJECT', from, keyOffset, { name })
    return []
  }
  const document = embeddedDocument(value, from, rendering)
  if (document === undefined) return []
  const path = `${hostDirectories.compose}/${name}.yaml`
  const { project, problems } = parseCompose(document.placed, path, { files })
  const own = problems.filter(({ file }) => file === path)
  reportEmbedded(own, 'RENDER_COMPOSE', from, document, rendering)
  for (const problem of problems)
    if (problem.file !== path)
      rendering.report('RENDER_COMPOSE', from, keyOffset, { problem: problemText(problem) })
  const bytes = Buffer.byteLength(document.content)
  if (bytes > largestFileBytes)
    rendering.report('RENDER_COMPOSE_SIZE', from, keyOffset, { bytes, most: largestFileBytes })
  if (project !== undefined) {
    for (const { message } of conflicts(project, projects))
      rendering.report('RENDER_COMPOSE', from, keyOffset, { problem: message })
    projects.push(project)
  }
  const file = { path, mode: 0o600, content: document.content }
  return [hostFile(file, from, value.offset, rendering)]
}
