//! What an entry tells of, by its stable name.

macro_rules! verbs {
    ($($name:ident = $word:literal, $told:literal;)+) => {
        /// What an entry tells of. The words stand in the database, in filed reports and in logs elsewhere: they never change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
        pub enum Verb {
            $(
                #[doc = $told]
                #[strum(serialize = $word)]
                $name,
            )+
        }

        impl Verb {
            /// All of them.
            pub const ALL: [Verb; [$($word),+].len()] = [$(Verb::$name),+];
        }
    };
}

verbs! {
    TasksGiveMoreTime = "tasks.give_more_time", "Expired users of a task got more time.";
    TasksHandOver = "tasks.hand_over", "Link and activation code were handed over.";
    TasksProvision = "tasks.provision", "A task was made.";
    TasksProvisionUser = "tasks.provision_user", "One user of a new task.";
    TasksRemind = "tasks.remind", "A user was reminded of the Stop Date.";
    TasksRemove = "tasks.remove", "A task was removed.";
    TasksRemoveUser = "tasks.remove_user", "One user was removed from a task.";
    TasksRemoveUsers = "tasks.remove_users", "Users were removed from a task.";
    TasksReplace = "tasks.replace", "Users of a task went on to a newer one.";
    TasksResend = "tasks.resend", "Enrollment emails were sent again.";
    TasksResendUser = "tasks.resend_user", "The enrollment email of one of many users was sent again.";
    TasksStopDate = "tasks.stop_date", "A task or users of a task got another Stop Date.";
    TasksStopDateUser = "tasks.stop_date_user", "One of many users got another Stop Date.";
    TasksUnlock = "tasks.unlock", "A Locked user may enroll again.";
    EnrollmentAcceptCode = "enrollment.accept_code", "A user typed the activation code.";
    EnrollmentAttempt = "enrollment.attempt", "A user failed an enrollment attempt.";
    EnrollmentEnroll = "enrollment.enroll", "A user enrolled a token.";
    UsersCheckCaller = "users.check_caller", "Somebody on the phone was checked.";
    UsersCreate = "users.create", "A user was created.";
    UsersDisable = "users.disable", "A user was disabled.";
    UsersEdit = "users.edit", "A user was changed.";
    UsersEnable = "users.enable", "A user was enabled.";
    UsersSendCallBack = "users.send_call_back", "A call-back code was sent.";
    UsersImport = "users.import", "Users were imported.";
    TokensAssign = "tokens.assign", "A token was assigned to a user.";
    TokensEndTemporaryCode = "tokens.end_temporary_code", "The temporary code of a user was ended.";
    TokensFound = "tokens.found", "A token that was reported lost is taken again.";
    TokensGiveTemporaryCode = "tokens.give_temporary_code", "A user was given a temporary code.";
    TokensImport = "tokens.import", "Tokens were imported.";
    TokensReplace = "tokens.replace", "A user is to get another token in place of one.";
    TokensReportLost = "tokens.report_lost", "A token was reported lost.";
    TokensResume = "tokens.resume", "A suspended token is taken again.";
    TokensResync = "tokens.resync", "A token was brought back in step.";
    TokensRevoke = "tokens.revoke", "A token was taken from a user for good.";
    TokensSuspend = "tokens.suspend", "A token is not taken for a while.";
    TokensUnlock = "tokens.unlock", "A locked token is taken again.";
    AuthenticationCheck = "authentication.check", "An auth node asked whether a one-time password is right.";
    AuthNodesAdd = "auth_nodes.add", "An auth node was added.";
    AuthNodesDisable = "auth_nodes.disable", "An auth node may ask no more.";
    AuthNodesEnable = "auth_nodes.enable", "An auth node may ask again.";
    AuthNodesNewKey = "auth_nodes.new_key", "An auth node got another API key.";
    AuthNodesEdit = "auth_nodes.edit", "What an operator set of an auth node was changed.";
    AuthNodesEndOld = "auth_nodes.end_old", "The old shared secret of an auth node was ended.";
    MailBounce = "mail.bounce", "An email came back.";
    MailCancel = "mail.cancel", "Emails that waited were canceled.";
    MailCancelEach = "mail.cancel_each", "One of many emails was canceled.";
    MailReport = "mail.report", "A delivery report said that an email is late or arrived.";
    MailSend = "mail.send", "An email was given up.";
    MailSendAgain = "mail.send_again", "Emails were sent again.";
    MailSendAgainEach = "mail.send_again_each", "One of many emails was sent again.";
    MessagesChange = "messages.change", "A message was changed.";
    MessagesReset = "messages.reset", "A message went back to its default.";
    MessagesTest = "messages.test", "An operator sent themselves a message.";
    PolicyChange = "policy.change", "The Self-Enrollment Policy was changed.";
    OperatorsAdd = "operators.add", "An operator was added.";
    OperatorsChangePassword = "operators.change_password", "An operator changed the own password.";
    OperatorsConfirm = "operators.confirm", "An operator confirmed who they are.";
    OperatorsEdit = "operators.edit", "An operator was changed.";
    OperatorsEndSessions = "operators.end_sessions", "Sign-ins of an operator were ended.";
    OperatorsRemove = "operators.remove", "An operator was removed.";
    OperatorsResetPassword = "operators.reset_password", "The password of an operator was reset.";
    OperatorsResetSecondFactor = "operators.reset_second_factor", "The second factor of an operator was reset.";
    OperatorsResume = "operators.resume", "An operator may sign in again.";
    OperatorsSetUpSecondFactor = "operators.set_up_second_factor", "An operator set up an authenticator app to sign in.";
    OperatorsSignIn = "operators.sign_in", "An operator signed in.";
    OperatorsSignOut = "operators.sign_out", "An operator signed out.";
    OperatorsSuspend = "operators.suspend", "An operator may sign in no more.";
    RolesAdd = "roles.add", "A role was made.";
    RolesEdit = "roles.edit", "A role was changed.";
    RolesRemove = "roles.remove", "A role was removed.";
    AlertsChange = "alerts.change", "The operator alerts were changed.";
    AlertsSend = "alerts.send", "An alert went to an operator.";
    ReportsDownload = "reports.download", "A report was downloaded.";
    FirstStartBackup = "first_start.backup", "An operator said that backups are made.";
    WorkCancel = "work.cancel", "Long work was canceled before it changed anything.";
    ConsoleOpen = "console.open", "A page of the console was refused.";
}

impl Verb {
    /// The word in the database: the area, a point, and what was done.
    pub fn code(self) -> &'static str {
        self.into()
    }

    /// The verb of this word; none for an entry that another version wrote.
    pub fn from_code(word: &str) -> Option<Self> {
        word.parse().ok()
    }
}
