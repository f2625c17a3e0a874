export type { ProblemDefinition, Severity } from './catalogue/definition.ts'
export { catalogue, type ProblemCode } from './catalogue/index.ts'
export {
  type Config,
  type ConfigOf,
  type Directory,
  type Disk,
  type Dropin,
  type File,
  type Filesystem,
  type Group,
  type Link,
  type Luks,
  type Owner,
  type Partition,
  type Raid,
  type Resource,
  type Unit,
  type User,
  type Version,
  versions,
} from './config.ts'
export { correspondingPath } from './correspondence.ts'
export { type DecodedDataUrl, decodeDataUrl } from './data-url.ts'
export type { JsonMember, JsonNode } from './json.ts'
export { configJsonSchema, type JsonSchema } from './json-schema.ts'
export { mergeConfigs } from './merge.ts'
export { type ParsedConfig, parseConfig, parseConfigTree, unreadable } from './parse.ts'
export {
  type Finding,
  findingText,
  hasErrors,
  type Path,
  type Problem,
  pathText,
  problemText,
} from './problem.ts'
export { finding } from './report.ts'
export { cleanPath } from './rules/paths.ts'
export { scheme } from './rules/source.ts'
export { translate } from './translate.ts'
export { setsIn, valuesIn } from './unit-file.ts'
export { escapePath, escapeText } from './unit-name.ts'
export { validateConfig } from './validate.ts'
