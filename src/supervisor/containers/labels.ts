import type { Container } from './container.ts'

/** The image's labels, its own, and those by which Compose's own tools find a declared container. */
export function labelsOf({
  image,
  spec,
  origin,
}: Pick<Container, 'image' | 'spec' | 'origin'>): Record<string, string> {
  const labels = { ...image.config.Labels, ...spec.labels }
  if (origin.kind === 'api') return labels
  return {
    ...labels,
    'com.docker.compose.project': origin.service.project,
    'com.docker.compose.service': origin.service.name,
    'com.docker.compose.config-hash': origin.configHash,
    'com.docker.compose.container-number': String(origin.service.number ?? 1),
    'com.docker.compose.oneoff': 'False',
    'com.docker.compose.project.config_files': origin.file,
  }
}
