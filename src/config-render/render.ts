import { unsupportedParts } from '../ignition/unsupported.ts'
import { Positions } from '../ignition-schema/document.ts'
import { type JsonNode, type Problem, parseConfigTree } from '../ignition-schema/index.ts'
import { config as configShape } from '../ignition-schema/specification/config.ts'
import { inYamlWords } from './backward.ts'
import type { LocalFiles } from './local-files.ts'
import { valueOfNode } from './node.ts'
import { Rendering, renderProblem } from './rendering.ts'
import { renderSections } from './sections.ts'
import { variantOf } from './variants.ts'
import { readTree } from './yaml/tree.ts'

export type RenderOptions = {
  readonly files: LocalFiles
  /** Warnings count as errors. */
  readonly strict: boolean
  /** Only what the specification says, not what our hosts cannot carry out yet. */
  readonly specificationOnly: boolean
}

export type RenderedConfig = {
  /** The Ignition config, for JSON; absent when there is an error. */
  readonly config?: unknown
  /** In the order of the text; those of local files after them. */
  readonly problems: readonly Problem[]
  readonly errors: number
  readonly warnings: number
  readonly ok: boolean
}

/**
 * Turns a config that people write, in YAML of one of the variants, into an Ignition config. Never
 * throws for what the text or a local file contains: everything that is wrong is in `problems`, at
 * its place in the YAML (`source` names it) or in the local file.
 */
export function renderConfig(text: string, source: string, options: RenderOptions): RenderedConfig {
  const { root, problems } = render(text, source, options)
  const errors = problems.filter(({ severity }) => severity === 'error').length
  const warnings = problems.length - errors
  const ok = errors === 0 && !(options.strict && warnings > 0)
  return {
    ...(ok && root !== undefined ? { config: valueOfNode(root) } : {}),
    problems: inOrder(problems, source),
    errors,
    warnings,
    ok,
  }
}

function render(
  text: string,
  source: string,
  options: RenderOptions,
): { readonly root?: JsonNode; readonly problems: readonly Problem[] } {
  const positions = new Positions(text)
  const read = readTree(text)
  if ('mistakes' in read)
    return {
      problems: read.mistakes.map(({ offset, message }) =>
        renderProblem(
          'RENDER_YAML_SYNTAX',
          [],
          { reason: message },
          source,
          positions.atOffset(offset),
        ),
      ),
    }
  const variant = variantOf(read.tree)
  if ('code' in variant) {
    const { code, path, offset, details = {} } = variant
    return { problems: [renderProblem(code, path, details, source, positions.atOffset(offset))] }
  }
  const rendering = new Rendering(text, source, variant, options.files)
  const root = renderSections(read.tree, configShape, rendering)
  return { root, problems: [...rendering.problems, ...resultProblems(root, rendering, options)] }
}

/** What the specification, and the hosts, say to the result. */
function resultProblems(
  root: JsonNode,
  rendering: Rendering,
  { specificationOnly }: RenderOptions,
): Problem[] {
  const parsed = parseConfigTree(root, rendering.text, rendering.source)
  const { config } = parsed
  const host =
    config === undefined || specificationOnly
      ? []
      : unsupportedParts(parsed, config).map((problem) => ({
          ...problem,
          code: 'SLIPWAY_HOST_UNSUPPORTED',
        }))
  // A config with mistakes of its own is judged as far as it could be rendered.
  return [...parsed.problems, ...host].map((problem) => inYamlWords(problem, root, rendering))
}

function inOrder(problems: readonly Problem[], source: string): Problem[] {
  const isElsewhere = (problem: Problem) => (problem.source === source ? 0 : 1)
  return problems.toSorted(
    (a, b) => isElsewhere(a) - isElsewhere(b) || a.line - b.line || a.column - b.column,
  )
}
