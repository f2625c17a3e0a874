import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { type LocalFiles, localFiles } from '../local-files.ts'
import { type RenderedConfig, renderConfig } from '../render.ts'

export type RenderTestOptions = {
  readonly files?: LocalFiles
  readonly strict?: boolean
  /** True unless told: what hosts cannot do yet is not what these tests are about. */
  readonly specificationOnly?: boolean
}

/** Renders YAML that follows `variant` and `version`, which are the first two lines. */
export function renderText(
  variant: string,
  yaml: string,
  options: RenderTestOptions = {},
): RenderedConfig {
  const [name, version] = variant.split(' ')
  return renderConfig(`variant: ${name}\nversion: ${version}\n${yaml}`, 'c.yaml', {
    files: localFiles(undefined),
    strict: false,
    specificationOnly: true,
    ...options,
  })
}

/** `line:column code path` of each problem. */
export function places({ problems }: RenderedConfig): string[] {
  return problems.map(({ line, column, code, path }) => `${line}:${column} ${code} ${path}`)
}

/** A directory with files, by path; it is removed after the test. */
export function directoryWith(t: TestContext, files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-render-'))
  t.after(() => rmSync(directory, { recursive: true }))
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), content, { mode: 0o644 })
  }
  return directory
}
