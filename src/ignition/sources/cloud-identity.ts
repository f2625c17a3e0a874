import { existsSync, readFileSync } from 'node:fs'
import { ignitionErrors } from '../../errors/ignition.ts'
import type { HttpRequest } from './http.ts'
import type { AwsCredentials } from './signature-v4.ts'

export type MetadataRequest = Omit<HttpRequest, 'target'> & {
  /** Answers that tell it besides 404. */
  readonly missingStatuses?: readonly number[]
}

/** Asks a metadata service; undefined when what is asked for is missing, otherwise throws as httpFetch. */
export type AskMetadata = (url: string, request?: MetadataRequest) => Promise<Buffer | undefined>

const metadata = 'http://169.254.169.254'

/** The header of IMDSv2, or none where the service has only version 1. */
export async function imdsHeaders(ask: AskMetadata): Promise<Record<string, string>> {
  const token = await ask(`${metadata}/latest/api/token`, {
    method: 'PUT',
    headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' },
    retryStatuses: [429],
  })
  return token === undefined ? {} : { 'x-aws-ec2-metadata-token': token.toString().trim() }
}

/** Credentials of the role that an EC2 instance has; undefined when it has none. */
export async function instanceRole(ask: AskMetadata): Promise<AwsCredentials | undefined> {
  const headers = await imdsHeaders(ask)
  const roles = `${metadata}/latest/meta-data/iam/security-credentials/`
  const role = (await ask(roles, { headers }))?.toString().trim().split('\n')[0]
  if (!role) return undefined
  const answer = await ask(`${roles}${encodeURIComponent(role)}`, { headers })
  if (answer === undefined) return undefined
  const { AccessKeyId, SecretAccessKey, Token } = textFields(answer, 'the instance’s role')
  if (AccessKeyId === undefined || SecretAccessKey === undefined) return undefined
  const session = Token === undefined ? {} : { sessionToken: Token }
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, ...session }
}

/** The region that an EC2 instance is in. */
export async function instanceRegion(ask: AskMetadata): Promise<string | undefined> {
  const headers = await imdsHeaders(ask)
  const region = await ask(`${metadata}/latest/meta-data/placement/region`, { headers })
  return region?.toString().trim()
}

/** The `Authorization` of the service account of a machine at Google; undefined without one. */
export async function serviceAccount(ask: AskMetadata): Promise<string | undefined> {
  const scope = 'https://www.googleapis.com/auth/devstorage.read_only'
  const path = '/computeMetadata/v1/instance/service-accounts/default/token'
  const answer = await ask(`${metadata}${path}?scopes=${encodeURIComponent(scope)}`, {
    headers: { 'metadata-flavor': 'Google' },
    retryStatuses: [429],
  })
  if (answer === undefined) return undefined
  const { token_type, access_token } = textFields(answer, 'the service account')
  return access_token === undefined ? undefined : `${token_type ?? 'Bearer'} ${access_token}`
}

/**
 * The headers by which the managed identity of a machine at Azure reads from its storage; undefined
 * without one, which the service tells by 400.
 */
export async function managedIdentity(
  ask: AskMetadata,
): Promise<Record<string, string> | undefined> {
  const query = 'api-version=2018-02-01&resource=https%3A%2F%2Fstorage.azure.com%2F'
  const answer = await ask(`${metadata}/metadata/identity/oauth2/token?${query}`, {
    headers: { metadata: 'true' },
    retryStatuses: [404, 410, 429],
    missingStatuses: [400],
  })
  if (answer === undefined) return undefined
  const { access_token } = textFields(answer, 'the managed identity')
  if (access_token === undefined) return undefined
  return { authorization: `Bearer ${access_token}`, 'x-ms-version': '2021-08-06' }
}

/** Whether the firmware says that the machine is Google's. */
export function isAtGoogle(productFile = '/sys/class/dmi/id/product_name'): boolean {
  return existsSync(productFile) && readFileSync(productFile, 'utf8').trim().startsWith('Google')
}

function textFields(answer: Buffer, source: string): Partial<Record<string, string>> {
  try {
    const parsed: unknown = JSON.parse(answer.toString())
    if (typeof parsed === 'object' && parsed !== null)
      return Object.fromEntries(
        Object.entries(parsed).filter(
          (each): each is [string, string] => typeof each[1] === 'string',
        ),
      )
  } catch {
    // Told below, without the text, which may be a secret.
  }
  const reason = 'the answer is no JSON object'
  throw ignitionErrors.error('SLIPWAY_IGNITION_FETCH_FAILED', { source, reason })
}
