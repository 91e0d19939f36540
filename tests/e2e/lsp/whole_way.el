;;; Drives Emacs' eglot through the whole way: see a failing test, list, repair, be told, apply, undo.
;;; Prints one JSON object; exits with 1 and a message where something does not come in time.  -*- lexical-binding: t -*-

(require 'package)
(add-to-list 'package-directory-list "/usr/share/emacs/site-lisp/elpa")  ; where Debian's elpa-eglot is
(package-initialize)
(require 'eglot)
(require 'json)

(defvar seen nil)
(defvar messages nil)
(defconst root (file-name-as-directory (getenv "PROJECT")))

(defun give-up (what)
  (princ (format "waited in vain for %s; seen: %S; messages: %S\n" what seen messages) #'external-debugging-output)
  (kill-emacs 1))

(defun wait-for (what condition)
  (let ((deadline (+ (float-time) 100)) found)
    (while (and (not (setq found (funcall condition))) (< (float-time) deadline))
      (accept-process-output nil 0.05))
    (or found (give-up what))))

;; Eglot 1.9 shows no progress; how a run ends is said in a message.
(cl-defmethod eglot-handle-notification :before (_server (_method (eql window/showMessage)) &key message &allow-other-keys)
  (push message messages))

;; What a user picks when asked whether the folder is trusted.
(cl-defmethod eglot-handle-request (_server (_method (eql window/showMessageRequest)) &key actions &allow-other-keys)
  (seq-find (lambda (each) (equal (plist-get each :title) "Trust")) actions))

(load (getenv "SETUP") nil t)
(setq eglot-sync-connect 60 eglot-autoshutdown nil eglot-confirm-server-initiated-edits nil)
(defun project-here (_dir) (cons 'transient root))
(setq project-find-functions '(project-here))

(defun open (path)
  (let ((buffer (find-file-noselect (concat root path))))
    (with-current-buffer buffer
      (if (eglot-current-server) (eglot--maybe-activate-editing-mode)
        (apply #'eglot (eglot--guess-contact))))
    buffer))

(defun diagnostic (buffer matches)
  (with-current-buffer buffer
    (flymake-start)
    (seq-find (lambda (each) (funcall matches (flymake-diagnostic-text each))) (flymake-diagnostics))))

(defun actions-at (buffer where)
  (with-current-buffer buffer
    (let ((params (list :textDocument (eglot--TextDocumentIdentifier)
                        :range (list :start (eglot--pos-to-lsp-position (flymake-diagnostic-beg where))
                                     :end (eglot--pos-to-lsp-position (flymake-diagnostic-end where)))
                        :context (list :diagnostics []))))
      (append (jsonrpc-request (eglot-current-server) :textDocument/codeAction params :timeout 30) nil))))

(defun run-command (command &rest arguments)
  (jsonrpc-request (eglot-current-server) :workspace/executeCommand
                   (list :command command :arguments (vconcat arguments)) :timeout 60))

(defun pick (buffer where title)
  (let ((action (seq-find (lambda (each) (string-prefix-p title (plist-get each :title))) (actions-at buffer where))))
    (unless action (give-up (concat "the code action " title)))
    (with-current-buffer buffer
      (let ((command (plist-get action :command)))
        (run-command (plist-get command :command) (elt (plist-get command :arguments) 0))))))

(defun text (buffer) (with-current-buffer buffer (buffer-substring-no-properties (point-min) (point-max))))

(let* ((test-buffer (open "tests/test_cart.py"))
       (source-buffer (open "shop/discount.py"))
       (lint-buffer (open "shop/greeting.py")))
  (set-buffer source-buffer)
  (wait-for "trust"
            (lambda ()
              (condition-case nil  ; the daemon may still be starting
                  (let ((workspaces (plist-get (run-command "tercet.status") :workspaces)))
                    (and (> (length workspaces) 0) (equal (plist-get (elt workspaces 0) :trust) "trusted")))
                (error nil))))
  ;; A fix of the linter comes with its edit: this client cannot fetch it later.
  (let* ((finding (wait-for "the linter" (lambda () (diagnostic lint-buffer (lambda (text) (string-match-p "f-string" text))))))
         (fix (seq-find (lambda (each) (string-suffix-p "(unverified)" (plist-get each :title)))
                        (actions-at lint-buffer finding))))
    (push (cons 'eager (if (plist-get fix :edit) t :json-false)) seen)
    (with-current-buffer lint-buffer (eglot--apply-workspace-edit (plist-get fix :edit)))
    (push (cons 'fixed (text lint-buffer)) seen))
  (run-command "tercet.review")
  (let ((failing (wait-for "the failing test"
                           (lambda () (diagnostic test-buffer (lambda (text) (string-match-p "assert" text)))))))
    (pick test-buffer failing "Tercet: repair this failure"))
  (let* ((proposal (wait-for "the proposal"
                             (lambda () (diagnostic source-buffer (lambda (text) (string-match-p "Tercet proposes" text))))))
         (applied (progn (push (cons 'before (text source-buffer)) seen)
                         (pick source-buffer proposal "Tercet: apply"))))
    (push (cons 'applied (text source-buffer)) seen)
    (with-current-buffer source-buffer
      (eglot--signal-textDocument/didChange)  ; what eglot does once Emacs is idle, and a script never is
      (run-command "tercet.undo" (list :proposal (plist-get applied :proposal))))
    (push (cons 'undone (text source-buffer)) seen))
  (let ((script-buffer (open "shop/till.js")))  ; what is no Python is known to the same server
    (push (cons "other language" (if (eq (with-current-buffer script-buffer (eglot-current-server))
                                         (with-current-buffer source-buffer (eglot-current-server)))
                                     t :json-false))
          seen))
  (push (cons 'messages (vconcat messages)) seen)
  (princ (json-encode seen))
  (dolist (buffer (list test-buffer source-buffer lint-buffer))
    (with-current-buffer buffer (set-buffer-modified-p nil)))
  (kill-emacs 0))
