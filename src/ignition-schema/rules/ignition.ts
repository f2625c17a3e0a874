import type { Config, Resource } from '../config.ts'
import type { Path } from '../problem.ts'
import type { Report } from '../report.ts'
import type { Draft } from '../shape.ts'
import { parseUrl } from '../url.ts'
import { checkResource } from './resource.ts'

/** Further configs, certificate authorities and proxies. */
export function checkIgnition(config: Draft<Config>, minor: number, report: Report): void {
  const { config: configs, security, proxy } = config.ignition ?? {}
  const { merge = [], replace } = configs ?? {}
  checkReferences(merge, ['ignition', 'config', 'merge'], minor, report)
  if (replace !== undefined)
    checkResource(replace, ['ignition', 'config', 'replace'], minor, report)
  const authorities = ['ignition', 'security', 'tls', 'certificateAuthorities']
  checkReferences(security?.tls?.certificateAuthorities ?? [], authorities, minor, report)
  checkProxy(proxy?.httpProxy, ['ignition', 'proxy', 'httpProxy'], report)
  checkProxy(proxy?.httpsProxy, ['ignition', 'proxy', 'httpsProxy'], report)
}

/** Resources that are of no use without a source; 3.0.0 let that of a config be null. */
function checkReferences(
  references: readonly (Draft<Resource> | undefined)[],
  path: Path,
  minor: number,
  report: Report,
): void {
  const nullable = minor === 0 && path.includes('merge')
  references.forEach((reference, index) => {
    if (reference === undefined) return
    const here = [...path, index]
    checkResource(reference, here, minor, report)
    const { source } = reference
    if (source === '' ? !nullable : source === undefined && minor > 0)
      report('IGNITION_SOURCE_REQUIRED', here)
  })
}

function checkProxy(proxy: string | undefined, path: Path, report: Report): void {
  if (proxy === undefined) return
  const url = parseUrl(proxy)
  if (url === undefined) report('IGNITION_PROXY_URL', path)
  else if (url.scheme !== 'http' && url.scheme !== 'https') report('IGNITION_PROXY_SCHEME', path)
  else if (url.scheme === 'http' && path.includes('httpsProxy'))
    report('IGNITION_PROXY_PLAINTEXT', path)
}
