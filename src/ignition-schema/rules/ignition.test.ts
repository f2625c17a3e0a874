import type { Version } from '../index.ts'
import { type Case, configWith, testRules } from '../testing/cases.ts'

function withConfigs(config: object, version?: Version) {
  return configWith({ ignition: { config } }, version)
}

function withAuthorities(certificateAuthorities: object[], version?: Version) {
  return configWith({ ignition: { security: { tls: { certificateAuthorities } } } }, version)
}

function withProxy(proxy: object, version?: Version) {
  return configWith({ ignition: { proxy } }, version)
}

const merge = '$.ignition.config.merge'
const authorities = '$.ignition.security.tls.certificateAuthorities'
const sha512 = `sha512-${'0'.repeat(128)}`

const configs: readonly Case[] = [
  [
    'a config to merge has a source',
    withConfigs({ merge: [{}] }),
    [`error IGNITION_SOURCE_REQUIRED ${merge}.0`],
  ],
  [
    'the source of a config to merge is not empty',
    withConfigs({ merge: [{ source: '' }] }),
    [`error IGNITION_SOURCE_REQUIRED ${merge}.0`],
  ],
  [
    'in 3.0.0 the key source had to be there',
    withConfigs({ merge: [{}] }, '3.0.0'),
    [`error IGNITION_KEY_MISSING ${merge}.0`],
  ],
  ['in 3.0.0 the source could be null', withConfigs({ merge: [{ source: null }] }, '3.0.0'), []],
  ['a config that replaces may have none', withConfigs({ replace: {} }), []],
  [
    'the source of a config is a URL',
    withConfigs({ merge: [{ source: 'a:b' }], replace: { source: 'c' } }),
    [
      `error IGNITION_SOURCE_SCHEME ${merge}.0.source`,
      'error IGNITION_SOURCE_SCHEME $.ignition.config.replace.source',
    ],
  ],
  [
    'a config is merged once',
    withConfigs({ merge: [{ source: 'http://h/' }, { source: 'http://h/' }] }),
    [`error IGNITION_DUPLICATE ${merge}.1.source`],
  ],
  [
    'a config that replaces can only be verified with a source',
    withConfigs({ replace: { verification: { hash: sha512 } } }),
    ['error IGNITION_VERIFICATION_WITHOUT_SOURCE $.ignition.config.replace.verification.hash'],
  ],
  [
    'in 3.0.0 that was no mistake',
    withConfigs({ replace: { source: null, verification: { hash: sha512 } } }, '3.0.0'),
    [],
  ],
  [
    'compression and headers of configs came with 3.1.0',
    withConfigs(
      { replace: { source: 'http://h/', compression: 'gzip', httpHeaders: [] } },
      '3.0.0',
    ),
    [
      'warning IGNITION_KEY_NEWER $.ignition.config.replace.compression',
      'warning IGNITION_KEY_NEWER $.ignition.config.replace.httpHeaders',
    ],
  ],
]

const certificates: readonly Case[] = [
  [
    'a certificate authority has a source',
    withAuthorities([{}]),
    [`error IGNITION_SOURCE_REQUIRED ${authorities}.0`],
  ],
  [
    'in 3.0.0 the source of a certificate authority could not be null',
    withAuthorities([{ source: null }], '3.0.0'),
    [`error IGNITION_TYPE ${authorities}.0.source`],
  ],
  [
    'a certificate authority is there once',
    withAuthorities([{ source: 'data:,x' }, { source: 'data:,x' }]),
    [`error IGNITION_DUPLICATE ${authorities}.1.source`],
  ],
]

const proxies: readonly Case[] = [
  [
    'proxies came with 3.1.0',
    withProxy({ httpProxy: 'x' }, '3.0.0'),
    ['warning IGNITION_KEY_NEWER $.ignition.proxy'],
  ],
  [
    'a proxy speaks http or https',
    withProxy({ httpProxy: 'https://h:1', httpsProxy: 'https://h:1' }),
    [],
  ],
  [
    'a proxy speaks nothing else',
    withProxy({ httpProxy: 'socks5://h:1', httpsProxy: 'h' }),
    [
      'error IGNITION_PROXY_SCHEME $.ignition.proxy.httpProxy',
      'error IGNITION_PROXY_SCHEME $.ignition.proxy.httpsProxy',
    ],
  ],
  [
    'a proxy is a URL',
    withProxy({ httpProxy: 'http://h:x', httpsProxy: ':' }),
    [
      'error IGNITION_PROXY_URL $.ignition.proxy.httpProxy',
      'error IGNITION_PROXY_URL $.ignition.proxy.httpsProxy',
    ],
  ],
  [
    'https by a proxy over plain http deserves a warning',
    withProxy({ httpProxy: 'http://h', httpsProxy: 'http://h' }),
    ['warning IGNITION_PROXY_PLAINTEXT $.ignition.proxy.httpsProxy'],
  ],
  [
    'a host without proxy is there once',
    withProxy({ noProxy: ['h', 'h'] }),
    ['error IGNITION_DUPLICATE $.ignition.proxy.noProxy.1'],
  ],
  ['hosts without proxy could be null before 3.4.0', withProxy({ noProxy: [null] }, '3.3.0'), []],
  [
    'hosts without proxy are never null since 3.4.0',
    withProxy({ noProxy: [null] }, '3.4.0'),
    ['error IGNITION_TYPE $.ignition.proxy.noProxy.0'],
  ],
]

testRules([...configs, ...certificates, ...proxies])
