/** One alert of a delivery, judged on its own labels, with every default filled in. */
export interface Alert {
  status: 'firing' | 'resolved';
  /** Outside words are the keys: read it with `labelOf`. Values that were too long end in `cutMark`. */
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  /** Milliseconds since the Unix epoch. */
  startsAt: number;
  /** Present on resolved alerts only. */
  endsAt?: number;
  /** The sender gave no `startsAt`: a hand-written alert joins the open incident of its fingerprint. */
  startsAtMissing: boolean;
  generatorURL?: string;
  /** 16 hex digits: the sender's, or Alertmanager's hash of the whole label set, before anything was cut. */
  fingerprint: string;
}

/** One webhook call. */
export interface Delivery {
  alerts: Alert[];
  receiver?: string;
  /** Alerts that Alertmanager left out because of `max_alerts`. */
  truncatedAlerts: number;
}

/** Something that cannot be taken, and where it is. */
export interface PayloadProblem {
  /** Like `alerts[3].labels.severity`. */
  path: string;
  message: string;
}

/** A delivery as it was read: what could be taken of it, and what could not. */
export interface ReadDelivery extends Delivery {
  refused: {
    count: number;
    /** At most 20. */
    problems: PayloadProblem[];
  };
  /** Alerts behind the first 100,000. */
  leftOut: number;
}
