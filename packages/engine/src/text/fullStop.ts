/** A text that ends in one full stop: some of AWS, Kubernetes and their clients do, others do not. */
export const fullStop = (text: string) => text.trim().replace(/\.?$/, '.');
