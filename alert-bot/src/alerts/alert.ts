/** One alert of a delivery, judged on its own labels, with every default filled in. */
export interface Alert {
  status: 'firing' | 'resolved';
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  /** Milliseconds since the Unix epoch. */
  startsAt: number;
  /** Present on resolved alerts only. */
  endsAt?: number;
  /** The sender gave no `startsAt`: a hand-written alert joins the open incident of its fingerprint. */
  startsAtMissing: boolean;
  generatorURL?: string;
  /** 16 hex digits: Alertmanager's hash of the label set. */
  fingerprint: string;
}

/** One webhook call. */
export interface Delivery {
  alerts: Alert[];
  receiver?: string;
  /** Alerts that Alertmanager left out because of `max_alerts`. */
  truncatedAlerts: number;
}
