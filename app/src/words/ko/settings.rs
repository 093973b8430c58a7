//! The settings' page in Korean.

use crate::words::settings::Settings;

pub(in crate::words) static SETTINGS: Settings = Settings {
    gateway: "게이트웨이",
    version: "버전",
    listens: "수신 주소",
    public: "공개 주소",
    file: "구성 파일",
    no_file: "없음",
    read: "마지막 읽기",
    read_well: "적용됨",
    read_refused: "거부됨. 이전 구성이 계속 적용됩니다",
    agent: "에이전트",
    no_agent: "설정되지 않았습니다. webhooks.agent에 OpenClaw 주소를 지정하십시오. 지금은 수신만 기록합니다.",
    agent_url: "주소",
    agent_mode: "요청 방식",
    database: "데이터베이스",
    keeps: "보존 기간",
    days: |days| format!("{days}일"),
    biggest: "최대 페이로드",
    made_here: "여기서 만든 엔드포인트",
    sealed: "비밀을 포함해 데이터베이스에 봉인됨",
    unsealed: "봉인되지 않음: 데이터베이스를 읽는 사람은 비밀도 읽습니다",
    unsealed_hint: "OPENCLAW_WEBHOOKS_KEY에 키를, 또는 OPENCLAW_WEBHOOKS_KEY_FILE에 키 파일을 지정하고 게이트웨이를 시작하세요.",
    in_force: "적용된 구성",
    in_force_long: "모든 값과 그 출처입니다. 비밀 키와 환경 변수에서 온 값은 가려집니다.",
    path: "항목",
    value: "값",
    source: "출처",
    source_of,
    access: "접근",
    open: "토큰이 없어 이 컴퓨터에서만 접근할 수 있습니다.",
    signed_in: "이 브라우저는 로그인되어 있습니다.",
    sign_out: "로그아웃",
    signing_out: "로그아웃 중…",
};

fn source_of(source: &str) -> &'static str {
    match source {
        "file" => "파일",
        "environment" => "환경 변수",
        _ => "기본값",
    }
}
