import { Circle, CircleAlert, CircleCheck, CircleDashed, CircleMinus, CirclePause, type LucideIcon } from "lucide-react";
import type { DeploymentDetail } from "../../api/types";
import { Unseen } from "../../ui/mark";
import { Guide } from "./parts";
import { stage_words, stagesOf, type StageStatus } from "./state";
import styles from "./deploy.module.css";

const icons: Record<StageStatus, LucideIcon> = { done: CircleCheck, running: CircleDashed, held: CirclePause, failed: CircleAlert, ahead: Circle, skipped: CircleMinus };

export function Stages({ detail, now }: { detail: DeploymentDetail; now: number }) {
  return (
    <ol className={styles.stages} aria-label="Stages">
      {stagesOf(detail, now).map((stage) => {
        const Icon = icons[stage.status];
        return (
          <li key={stage.name} className={styles.stage} data-status={stage.status} aria-current={stage.status === "running" || stage.status === "held" ? "step" : undefined}>
            <span className={styles.stageHead}>
              <Icon size={15} aria-hidden="true" />
              <strong>{stage.name}</strong>
              <Unseen>, {stage_words[stage.status]}</Unseen>
              {stage.guide && <Guide at={stage.guide} />}
            </span>
            <span className={styles.stageFacts}>{stage.facts || (stage.status === "skipped" ? "nothing to do" : "")}</span>
            <span className={styles.stageTime}>{stage.time}</span>
            {stage.share !== undefined && <span className={styles.stageBar} style={{ width: `${stage.share * 100}%` }} aria-hidden="true" />}
          </li>
        );
      })}
    </ol>
  );
}
