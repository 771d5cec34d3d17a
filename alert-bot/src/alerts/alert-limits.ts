/** Bounds of what is kept of one alert, far above what real rules have. What is longer is cut or left out. */
export const alertLimits = {
  /** Of one delivery; what comes after them is left out. */
  alerts: 100_000,
  /** And annotations. */
  labels: 100,
  nameLength: 256,
  labelLength: 4_096,
  annotationLength: 2_048,
  /** Labels, annotations and address together, names and values, as JSON in UTF-8: what a line of the log takes for them. */
  bytes: 16_384,
  /** Of these, what the labels may take. */
  labelBytes: 10_240,
};
