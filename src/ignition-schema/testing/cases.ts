import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfig, type Version } from '../index.ts'

/** A rule in words, a config, and the problems it has: `error IGNITION_PATH_RELATIVE $.storage…`. */
export type Case = readonly [rule: string, config: unknown, problems: readonly string[]]

/** Makes a test of each case. */
export function testRules(cases: readonly Case[]): void {
  for (const [rule, config, problems] of cases)
    test(rule, () => {
      assert.deepEqual(problemsOf(config), problems)
    })
}

export function problemsOf(config: unknown): string[] {
  return parseConfig(JSON.stringify(config), 'test').problems.map(
    ({ severity, code, path }) => `${severity} ${code} ${path}`,
  )
}

/** A config of a version, the newest unless told, with further sections. */
export function configWith(sections: object, version: Version = '3.6.0'): object {
  const { ignition = {}, ...others } = sections as { ignition?: object }
  return { ignition: { version, ...ignition }, ...others }
}

export function storageWith(storage: object, version?: Version): object {
  return configWith({ storage }, version)
}
