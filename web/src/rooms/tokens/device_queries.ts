import { api, body } from "../../api/client";
import type { DeviceLogin } from "../../api/types";

/** Looks, and uses nothing up. */
export async function showDevice(user_code: string): Promise<DeviceLogin> {
  return body(api.POST("/v1/auth/device/show", { body: { user_code } }));
}

export async function decideDevice(user_code: string, isYes: boolean): Promise<void> {
  if (isYes) await api.POST("/v1/auth/device/approve", { body: { user_code } });
  else await api.POST("/v1/auth/device/deny", { body: { user_code } });
}
