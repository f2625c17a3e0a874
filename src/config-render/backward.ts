import type { JsonNode, Path, Problem } from '../ignition-schema/index.ts'
import { pathText } from '../ignition-schema/index.ts'
import { config as configShape } from '../ignition-schema/specification/config.ts'
import { fieldNames } from './fields.ts'
import { snakeCase, snakeWords } from './names.ts'
import { memberOf } from './node.ts'
import type { Rendering } from './rendering.ts'

const names = fieldNames(configShape)

/** A problem of the result in the words of the YAML; its line and column are the YAML's already. */
export function inYamlWords(problem: Problem, root: JsonNode, rendering: Rendering): Problem {
  const path = yamlPath(problem.path.split('.').slice(1), root, rendering)
  const texts = problem.code === 'IGNITION_MODE_DECIMAL' ? modeTexts(problem) : problem
  return {
    ...problem,
    path: pathText(path),
    message: snakeWords(texts.message, names),
    ...(texts.expected === undefined ? {} : { expected: snakeWords(texts.expected, names) }),
  }
}

/** YAML has octal numbers, and what is missing is the zero that makes them so. */
function modeTexts({ message }: Problem): { message: string; expected: string } {
  return { message, expected: 'a leading zero for an octal mode' }
}

/** The path in the YAML of the nearest part of the result that came from it, and the rest in snake_case. */
function yamlPath(steps: readonly string[], root: JsonNode, rendering: Rendering): Path {
  let node: JsonNode | undefined = root
  let origin: Path = rendering.originOf(root) ?? []
  let rest: (string | number)[] = []
  for (const step of steps) {
    const isIndex: boolean = node === undefined ? /^\d+$/.test(step) : node.kind === 'array'
    node = node?.kind === 'array' ? node.items[Number(step)] : memberOf(node, step)
    rest.push(isIndex ? Number(step) : snakeCase(step))
    const known: Path | undefined = node && rendering.originOf(node)
    if (known !== undefined) {
      origin = known
      rest = []
    }
  }
  return [...origin, ...rest]
}
