import type { Provider } from './provider.ts'

/** Real machines: nobody can be asked, so the config is named or brought otherwise. */
export const metalProvider: Provider = { fetch: async () => undefined }
