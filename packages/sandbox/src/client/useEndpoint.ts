/**
 * Points the SDK's environment variables at `endpoint` and hides the machine's credentials. Returns a function that undoes it.
 */
export function useEndpoint(endpoint: string): () => void {
  const before = { ...process.env };
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('AWS_')) delete process.env[name];
  }
  process.env.AWS_ENDPOINT_URL = endpoint;
  process.env.AWS_EC2_METADATA_DISABLED = 'true';
  process.env.AWS_CONFIG_FILE = '/dev/null';
  process.env.AWS_SHARED_CREDENTIALS_FILE = '/dev/null';
  return () => {
    for (const name of Object.keys(process.env)) {
      if (name.startsWith('AWS_')) delete process.env[name];
    }
    for (const [name, value] of Object.entries(before)) {
      if (name.startsWith('AWS_')) process.env[name] = value;
    }
  };
}
