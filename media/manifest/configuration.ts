/** How the image starts, or what the chart is. */
import { html, nothing } from 'lit';
import type { ChartView, HealthcheckView, RuntimeView } from '../../src/core/image/ImageView.ts';
import { formatDuration, formatWords } from '../shared/format.ts';
import { facts, section, type Content } from '../shared/parts.ts';
import { namedValues } from './parts.ts';
import type { PanelContext } from './PanelContext.ts';

export function configuration(context: PanelContext, runtime: RuntimeView): Content {
  const { strings } = context.setting;
  const code = (text: string | undefined) => (text ? html`<code>${text}</code>` : undefined);
  const words = (values: readonly string[]) => (values.length > 0 ? code(formatWords(values)) : undefined);
  const chips = (values: readonly string[]) =>
    values.length > 0
      ? html`<span class="chips">${values.map((value) => html`<code>${value}</code>`)}</span>`
      : undefined;
  const rows = facts(
    [
      [strings.entrypoint, words(runtime.entrypoint)],
      [strings.command, words(runtime.command)],
      [strings.workingDirectory, code(runtime.workingDirectory)],
      [strings.user, code(runtime.user)],
      [strings.ports, chips(runtime.ports)],
      [strings.volumes, chips(runtime.volumes)],
      [strings.stopSignal, code(runtime.stopSignal)],
      [strings.healthcheck, runtime.healthcheck && healthcheck(runtime.healthcheck)],
      [strings.author, runtime.author],
    ],
    'rows',
  );
  return html`${rows === nothing ? nothing : section('configuration', strings.configuration, rows)}
  ${namedValues(context, 'environment', strings.environment, runtime.environment)}`;
}

export function chart(context: PanelContext, view: ChartView): Content {
  const { strings } = context.setting;
  return section(
    'chart',
    strings.chart,
    facts(
      [
        [strings.name, view.name],
        [strings.chartVersion, view.version],
        [strings.appVersion, view.appVersion],
        [strings.kubeVersion, view.kubeVersion],
        [strings.type, view.type],
        [strings.description, view.description],
      ],
      'rows',
    ),
  );
}

/** The probe, and how often: `CMD curl -f localhost · 30s / 5s · ×3`. */
function healthcheck({ test, intervalMs, timeoutMs, retries }: HealthcheckView): Content {
  const [form, ...command] = test;
  const probe = form === 'CMD-SHELL' ? command.join(' ') : form === 'NONE' ? 'NONE' : formatWords(command);
  const times = [intervalMs, timeoutMs].filter((time) => time !== undefined && time > 0);
  const pace = [
    times.map((time) => formatDuration(time!)).join(' / '),
    retries === undefined || retries === 0 ? '' : `×${retries}`,
  ].filter((text) => text !== '');
  return html`<code>${probe}</code
    >${pace.length > 0 ? html` <span class="muted">${pace.join(' · ')}</span>` : nothing}`;
}
