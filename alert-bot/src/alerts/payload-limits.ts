/** Bounds of what one alert may carry, far above what real rules have; they keep a line of the log a line. */
export const payloadLimits = {
  alerts: 100_000,
  /** And annotations. */
  labels: 100,
  nameLength: 256,
  labelLength: 4_096,
  /** Longer ones are cut. */
  annotationLength: 2_048,
};
