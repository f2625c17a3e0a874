import type { Details } from '../ignition-schema/catalogue/definition.ts'
import { Positions } from '../ignition-schema/document.ts'
import type { JsonNode, Path, Problem } from '../ignition-schema/index.ts'
import { filled } from '../ignition-schema/report.ts'
import { type RenderCode, renderCatalogue } from './catalogue.ts'
import type { LocalFiles } from './local-files.ts'
import type { Variant } from './variants.ts'

/** What one run gathers: problems, and where in the YAML each part of the result comes from. */
export class Rendering {
  readonly variant: Variant
  readonly files: LocalFiles
  readonly text: string
  readonly source: string
  readonly problems: Problem[] = []
  readonly #positions: Positions
  readonly #origins = new Map<JsonNode, Path>()

  constructor(text: string, source: string, variant: Variant, files: LocalFiles) {
    this.text = text
    this.source = source
    this.variant = variant
    this.files = files
    this.#positions = new Positions(text)
  }

  report(code: RenderCode, path: Path, offset: number, details: Details = {}): undefined {
    this.problems.push(renderProblem(code, path, details, this.source, this.positionAt(offset)))
    return undefined
  }

  positionAt(offset: number): { readonly line: number; readonly column: number } {
    return this.#positions.atOffset(offset)
  }

  /** Says that a node of the result comes from a path of the YAML. */
  from<Node extends JsonNode>(path: Path, node: Node): Node {
    this.#origins.set(node, path)
    return node
  }

  originOf(node: JsonNode): Path | undefined {
    return this.#origins.get(node)
  }
}

export function renderProblem(
  code: RenderCode,
  path: Path,
  details: Details,
  source: string,
  position: { readonly line: number; readonly column: number },
): Problem {
  return { ...filled(code, renderCatalogue[code], path, details), source, ...position }
}
