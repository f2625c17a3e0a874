import type { Config } from './config.ts'
import type { Finding } from './problem.ts'
import { finding } from './report.ts'
import { checkRules } from './rules/index.ts'
import { newestMinor } from './shape.ts'

/**
 * What is wrong with a config that has no text of its own: two valid configs may merge to one that
 * is not. Its types are those of a Config.
 */
export function validateConfig(config: Config): Finding[] {
  const findings: Finding[] = []
  checkRules(config, newestMinor, (code, path, details) => {
    findings.push(finding(code, path, details))
  })
  return findings
}
