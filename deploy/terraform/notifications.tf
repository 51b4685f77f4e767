# What happens to machines is told in the operators' chat: the group tells a topic, the topic a function, it the chat.
# What happens to versions, each node's agent tells by itself.

resource "aws_sns_topic" "fleet" {
  name = "${var.name}-fleet"
}

resource "aws_autoscaling_notification" "fleet" {
  group_names = [aws_autoscaling_group.nodes.name]
  topic_arn   = aws_sns_topic.fleet.arn

  notifications = [
    "autoscaling:EC2_INSTANCE_LAUNCH",
    "autoscaling:EC2_INSTANCE_LAUNCH_ERROR",
    "autoscaling:EC2_INSTANCE_TERMINATE",
    "autoscaling:EC2_INSTANCE_TERMINATE_ERROR",
  ]
}

# An update makes a node unready for half a minute; five minutes are no update.
resource "aws_cloudwatch_metric_alarm" "unready_node" {
  alarm_name          = "${var.name}: a node has been unready for five minutes"
  namespace           = "AWS/ApplicationELB"
  metric_name         = "UnHealthyHostCount"
  statistic           = "Minimum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 60
  evaluation_periods  = 5
  alarm_actions       = [aws_sns_topic.fleet.arn]
  ok_actions          = [aws_sns_topic.fleet.arn]

  dimensions = {
    LoadBalancer = aws_lb.site.arn_suffix
    TargetGroup  = aws_lb_target_group.nodes.arn_suffix
  }
}

resource "aws_iam_role" "notify" {
  name = "${var.name}-notify"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "notify_logs" {
  role       = aws_iam_role.notify.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

resource "aws_lambda_function" "notify" {
  function_name    = "${var.name}-notify"
  description      = "Tells the operators' chat"
  role             = aws_iam_role.notify.arn
  runtime          = "python3.13"
  handler          = "lambda_handler.handler"
  filename         = var.notify_package
  source_code_hash = filebase64sha256(var.notify_package)
  timeout          = 10

  environment {
    variables = { WEBHOOK_URL = var.webhook_url }
  }
}

resource "aws_lambda_permission" "notify" {
  statement_id  = "FromTheTopic"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.notify.function_name
  principal     = "sns.amazonaws.com"
  source_arn    = aws_sns_topic.fleet.arn
}

resource "aws_sns_topic_subscription" "notify" {
  topic_arn = aws_sns_topic.fleet.arn
  protocol  = "lambda"
  endpoint  = aws_lambda_function.notify.arn
}
